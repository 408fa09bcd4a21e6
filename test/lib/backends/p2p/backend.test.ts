import { expect, test } from 'vitest';
import { P2pBackend } from '../../../../lib/backends/p2p/backend.ts';

test('is always up, needs no engine, and counts its sessions', async () => {
  const backend = new P2pBackend();
  const engine = (sessions: number) => ({ kind: 'p2p', name: 'p2p', version: '', up: true, sessions });
  expect(backend.engine()).toEqual(engine(0));
  backend.start();
  const [one, two] = [backend.open(), backend.open()];
  expect(backend.engine()).toEqual(engine(2));
  await one.close();
  await one.close();
  expect(backend.engine()).toEqual(engine(1));
  await two.close();
  await backend.stop();
  expect(backend.engine()).toEqual(engine(0));
});

test('does nothing with media: both SDPs come from clients, candidates go to the peer', () => {
  expect(Object.keys(new P2pBackend().open())).toEqual(['close']);
});
