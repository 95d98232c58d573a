const hasHost = "position(http_url, '://') > 0";

/** Attributes of HTTP: documents keep what they say, not by which name; SQL on `segments`. */
const valueSql: ReadonlyMap<string, string> = new Map([
  ['http.method', 'http_method'],
  ['http.request.method', 'http_method'],
  ['http.url', 'http_url'],
  ['url.full', 'http_url'],
  ['http.scheme', 'protocol(http_url)'],
  ['url.scheme', 'protocol(http_url)'],
  ['http.host', 'netloc(http_url)'],
  ['http.target', `if(${hasHost}, pathFull(http_url), http_url)`],
  ['url.path', `if(${hasHost}, path(http_url), cutQueryStringAndFragment(http_url))`],
  ['url.query', 'queryString(http_url)'],
  ['http.user_agent', 'user_agent'],
  ['user_agent.original', 'user_agent'],
  ['http.client_ip', 'client_ip'],
  ['client.address', 'client_ip'],
]);

/** Known when a request is over; samplers decide when it begins. */
const atEnd: ReadonlySet<string> = new Set(['http.status_code', 'http.response.status_code']);

/** What can only be guessed of attributes of these names. */
export function comparedAs(names: readonly string[]): { byValue: string[]; notAtStart: string[] } {
  return {
    byValue: names.filter((name) => valueSql.has(name)),
    notAtStart: names.filter((name) => atEnd.has(name)),
  };
}

/** SQL on `segments`: OpenTelemetry sent it, in whatever format. Reads the document. */
export const isOpenTelemetrySql = `(source IN ('otlp-http', 'otlp-grpc') OR startsWith(JSONExtractString(document, 'aws', 'xray', 'sdk'), 'opentelemetry'))`;

/**
 * SQL on `segments` for the texts of these attributes, and what makes attributes of them. Spans keep theirs as metadata,
 * or as annotations, whose names take fewer characters. What is no text is left out, as samplers do.
 */
export function attributesSql(names: readonly string[]): {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string>>;
  read(texts: readonly string[]): Record<string, string>;
} {
  const parameters: Record<string, string> = {};
  const columns = names.map((name, index) => {
    if (atEnd.has(name)) return "''";
    const known = valueSql.get(name);
    if (known !== undefined) return `if(${known} = '', '', concat('=', ${known}))`;
    parameters[`attribute${index}`] = name;
    parameters[`annotation${index}`] = name.replace(/[^A-Za-z0-9._]/g, '_');
    const places = [`'metadata', 'default', {attribute${index}:String}`, `'annotations', {annotation${index}:String}`];
    const texts = places.map(
      (place) => `JSONType(document, ${place}) = 'String', concat('=', JSONExtractString(document, ${place}))`,
    );
    return `multiIf(${texts.join(', ')}, '')`;
  });
  return {
    // An empty text is another thing than none.
    sql: `[${columns.join(', ')}]::Array(String)`,
    parameters,
    read: (texts) =>
      Object.fromEntries(
        names.flatMap((name, index) => (texts[index]?.startsWith('=') ? [[name, texts[index].slice(1)]] : [])),
      ),
  };
}
