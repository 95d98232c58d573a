import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { WorkloadIdentity } from '../../wire/aws/call-context.ts';
import type { TaskEndpoints } from './task-endpoints.ts';
import type { TaskSockets } from './task-network.ts';

type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers on a task's own listeners until the function that it returns is called. */
export function serveTask(
  sockets: TaskSockets,
  endpoints: TaskEndpoints,
  workload: WorkloadIdentity,
  metadata: HttpHandler,
): () => void {
  const servers = [
    serveHttp(sockets.gateway, (request, response) => endpoints.gateway(request, response, workload)),
    serveHttp(sockets.xrayTcp, (request, response) => endpoints.xrayTcp(request, response, workload)),
    serveHttp(sockets.otlpHttp, (request, response) => endpoints.otlpHttp(request, response, workload)),
  ];
  const metadataServer = httpServer(metadata);
  const connections = new Set<Socket>();
  const keep = (connection: Socket) => {
    connections.add(connection);
    connection.on('error', () => connection.destroy());
    connection.on('close', () => connections.delete(connection));
  };
  sockets.onMetadataConnection((connection) => {
    keep(connection);
    metadataServer.emit('connection', connection);
  });
  const { otlpGrpc } = endpoints;
  sockets.otlpGrpc?.on('connection', (connection) => {
    keep(connection);
    if (otlpGrpc) otlpGrpc.call(endpoints, connection, workload);
    else connection.destroy();
  });
  // A datagram socket reports a peer that is gone as an error; without a listener that would end hatoba.
  for (const socket of [sockets.xrayUdp, sockets.dns]) socket?.on('error', () => undefined);
  if (sockets.xrayUdp) endpoints.xrayUdp(sockets.xrayUdp, workload);
  if (sockets.dns) endpoints.dns(sockets.dns, { account: workload.account, region: workload.region });
  return () => {
    for (const server of servers) {
      server?.close();
      server?.closeAllConnections();
    }
    for (const connection of connections) connection.destroy();
    sockets.close();
  };
}

function serveHttp(listener: Server | undefined, handler: HttpHandler): HttpServer | undefined {
  return listener && httpServer(handler).listen(listener);
}

function httpServer(handler: HttpHandler): HttpServer {
  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    handler(request, response);
  });
  // As on the shared ports: SDKs keep connections open, and a short limit makes them meet a closed one.
  server.keepAliveTimeout = 75_000;
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}
