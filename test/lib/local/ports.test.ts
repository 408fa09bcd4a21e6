import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts } from '../../../lib/local/ports.ts';

/** Random numbers one after another. */
const given = (...numbers: number[]) => {
  let at = 0;
  return () => numbers[at++ % numbers.length] ?? 0;
};

test('ports are all different, and none that systems give to outgoing connections', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(Math.min(...ports)).toBeGreaterThan(10_000);
});

test('one that is in use is passed over', async () => {
  const [port = 0] = await freePorts(1, given(0.5));
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const [other] = await freePorts(1, given(0.5, 0.6));
  expect(other).not.toBe(port);
  server.close();
  await once(server, 'close');
});

test('when there is none, that is said', async () => {
  await expect(freePorts(2, given(0.5))).rejects.toThrow(/^no free port/);
});
