// The thread that reads the daemon's UDP port: it receives and batches, nothing else, so that no stall of the
// main loop costs datagrams. JavaScript, because a thread of a program that runs from its sources has no loader.
import dgram from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';

const batchBytesMax = 1 << 20;
const batchAgeMs = 20;
/** Bytes that the main thread has not taken yet: seconds of a stall. Beyond that datagrams are dropped and counted. */
const outstandingBytesMax = 64 << 20;

const socket = dgram.createSocket({ type: workerData.host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 8 << 20 });
let datagrams = [];
let bytes = 0;
let timer;
/** Of the batches that the main thread has not taken yet, in their order. */
const outstanding = [];
let outstandingBytes = 0;
let spilled = 0;

function flush() {
  clearTimeout(timer);
  timer = undefined;
  if (datagrams.length === 0) return;
  const data = new Uint8Array(bytes);
  const lengths = new Uint32Array(datagrams.length);
  let offset = 0;
  for (const [index, datagram] of datagrams.entries()) {
    data.set(datagram, offset);
    lengths[index] = datagram.length;
    offset += datagram.length;
  }
  datagrams = [];
  outstanding.push(bytes);
  outstandingBytes += bytes;
  bytes = 0;
  parentPort.postMessage({ kind: 'batch', data, lengths, spilled }, [data.buffer, lengths.buffer]);
  spilled = 0;
}

socket.on('message', (datagram) => {
  if (outstandingBytes >= outstandingBytesMax) {
    spilled += 1;
    return;
  }
  datagrams.push(datagram);
  bytes += datagram.length;
  if (bytes >= batchBytesMax) flush();
  else timer ??= setTimeout(flush, batchAgeMs);
});
socket.on('error', (error) => parentPort.postMessage({ kind: 'error', message: error.message, code: error.code }));
socket.on('listening', () => parentPort.postMessage({ kind: 'listening', port: socket.address().port }));

parentPort.on('message', (message) => {
  if (message === 'taken') outstandingBytes -= outstanding.shift();
  if (message !== 'stop') return;
  // What the kernel still holds is read before the port is given up.
  setTimeout(() => {
    flush();
    socket.close(() => parentPort.postMessage({ kind: 'stopped' }));
  }, batchAgeMs);
});

socket.bind(workerData.port, workerData.host);
