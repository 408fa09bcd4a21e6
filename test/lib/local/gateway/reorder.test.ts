import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createReorder } from '../../../../lib/local/gateway/reorder.ts';
import { echo, recorder, startGateway } from './support.ts';

describe('reorder mode', () => {
  it('draws the same delays for the same seed, others for another', () => {
    const draw = (seed: number) => {
      const reorder = createReorder(seed);
      return Array.from({ length: 500 }, () => reorder.drawDelayMs());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const delaysMs = draw(7);
    expect(Math.max(...delaysMs)).toBeGreaterThan(40);
    expect(Math.max(...delaysMs)).toBeLessThanOrEqual(200);
    expect(delaysMs.filter((delayMs) => delayMs <= 40).length).toBeGreaterThan(450);
  });

  it('lets messages and replies overtake each other, and loses none', async () => {
    const { handler, events } = recorder();
    const gateway = await startGateway({
      reorderSeed: 1,
      routes: {
        $default: async (event, context) => {
          await handler(event, context);
          return echo(event, context);
        },
      },
    });
    const client = await gateway.connect();
    const sent = Array.from({ length: 30 }, (_, index) => `m${index}`);
    for (const text of sent) client.socket.send(text);
    const received = await Promise.all(sent.map(() => client.next()));
    const invoked = events.map(({ body }) => `${body}`);
    expect(received.toSorted()).toEqual(sent.toSorted());
    expect(invoked).not.toEqual(sent);
    expect(received).not.toEqual(invoked);
  });

  it('keeps the order of posts to one connection', async () => {
    const { first, handler } = recorder();
    const gateway = await startGateway({ reorderSeed: 2, routes: { $connect: handler } });
    const client = await gateway.connect();
    const { connectionId } = (await first).requestContext;
    const path = `/@connections/${encodeURIComponent(connectionId)}`;
    const sent = Array.from({ length: 20 }, (_, index) => `e${index}`);
    // Pipelined on one socket: all are under way at once, and yet were surely made in this order.
    const socket = connect(gateway.server.port, '127.0.0.1');
    for (const body of sent) {
      socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
    await expect.poll(() => client.received, { timeout: 3000 }).toEqual(sent);
    socket.destroy();
  });
});
