const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Not Allowed',
  408: 'Request Time-out',
  414: 'Request-URI Too Large',
  463: '',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
};

export interface OwnResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The page that an application load balancer answers with when no target's answer can be given. */
export function errorPage(status: number): OwnResponse {
  const title = `${status} ${reasons[status] ?? ''}`.trim();
  return {
    status,
    headers: { 'Content-Type': 'text/html' },
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
}

/** The bytes of an answer that the balancer itself gives. `date` is an HTTP date. */
export function writeOwnResponse(
  response: OwnResponse,
  options: { date: string; keepAlive: boolean; withBody: boolean },
): Buffer {
  let head = `HTTP/1.1 ${response.status} ${reasons[response.status] ?? ''}\r\nServer: awselb/2.0\r\nDate: ${options.date}\r\n`;
  for (const [name, value] of Object.entries(response.headers)) head += `${name}: ${value}\r\n`;
  const body = Buffer.from(response.body);
  head += `Content-Length: ${body.length}\r\nConnection: ${options.keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
  return options.withBody ? Buffer.concat([Buffer.from(head, 'latin1'), body]) : Buffer.from(head, 'latin1');
}
