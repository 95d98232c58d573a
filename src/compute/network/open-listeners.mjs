// Runs for a moment inside a task's network namespace: opens hatoba's listeners there, hands them to hatoba over IPC, and ends.
// Plain JavaScript, because it is started by path with nothing around it.
import dgram from 'node:dgram';
import net from 'node:net';

const wanted = JSON.parse(process.argv[2]);

function open({ kind, address, port }) {
  return new Promise((resolve, reject) => {
    const socket = kind === 'udp' ? dgram.createSocket('udp4') : net.createServer();
    socket.once('error', reject);
    if (kind === 'udp') socket.bind(port, address, () => resolve(socket));
    else socket.listen(port, address, () => resolve(socket));
  });
}

const send = (message, handle) =>
  new Promise((resolve, reject) => process.send(message, handle, (error) => (error ? reject(error) : resolve())));

try {
  for (const listener of wanted) await send({ name: listener.name }, await open(listener));
  await send({ done: true });
} catch (error) {
  await send({ failed: error.message });
}
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
