import { connect, createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const sockets = new Set();
let isCut = false;

const server = createServer((near) => {
  if (isCut) {
    near.destroy();
    return;
  }
  const far = connect(workerData);
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
});

function cut() {
  isCut = true;
  for (const socket of sockets) socket.destroy();
}

parentPort.on('message', (command) => {
  if (command === 'heal') isCut = false;
  else cut();
  if (command === 'close') server.close(() => parentPort.close());
  parentPort.postMessage(command);
});

server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
