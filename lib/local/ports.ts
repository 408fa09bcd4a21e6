import { createServer } from 'node:net';

/**
 * Where they are looked for: below the ports that systems give to outgoing connections (from 32768 on Linux, from 49152
 * elsewhere). One of those could be taken between now and when our child listens on it, and at each of its restarts.
 */
const range = { first: 10_240, last: 32_767 };
const tries = 200;

/** TCP ports that are free on loopback now, all different. */
export async function freePorts(count: number, random: () => number = Math.random): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < tries && found.size < count; attempt += 1) {
    const port = range.first + Math.floor(random() * (range.last - range.first + 1));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  if (found.size < count) throw new Error(`no free port from ${range.first} to ${range.last} in ${tries} tries`);
  return [...found];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
