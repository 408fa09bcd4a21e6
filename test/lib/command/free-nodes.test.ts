import { beforeEach, describe, expect, test, vi } from 'vitest';
import { FreeNodes, mayHaveHeard } from '../../../lib/command/free-nodes.ts';
import { NodeUnreachable } from '../../../lib/command/node-client.ts';
import { services } from '../../../lib/command/services.ts';
import { PatchbayError } from '../../../lib/protocol/errors.ts';
import { reason, rejection } from '../../support/errors.ts';
import { functionsUnderTest } from '../../support/functions.ts';

const world = functionsUnderTest();
const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const full = new PatchbayError('no_mediaserver', 'this node is full');
const draining = new PatchbayError('node_draining');
let free: FreeNodes;
beforeEach(async () => {
  for (const id of ['n1', 'n2', 'n3']) await world.startNode(id);
  free = new FreeNodes(services(), ['janus']);
});

test('gives each node once, as long as it is passed over', async () => {
  const given: string[] = [];
  for (const error of [full, draining, new NodeUnreachable('n', refused)]) {
    const node = await free.next();
    expect(free.hasPassedOver(node.nodeId)).toBe(false);
    free.passOver(node, error);
    expect(free.hasPassedOver(node.nodeId)).toBe(true);
    given.push(node.nodeId);
  }
  expect(given.sort()).toEqual(['n1', 'n2', 'n3']);
});

test('ends with what the last full node said', async () => {
  for (const error of [full, draining, draining]) free.passOver(await free.next(), error);
  expect(await rejection(free.next())).toBe(full);
});

test('ends with no_mediaserver where none of them said why', async () => {
  for (let count = 0; count < 3; count += 1) free.passOver(await free.next(), draining);
  expect(await rejection(free.next())).toMatchObject({ ...reason('no_mediaserver'), retryAfterSeconds: 5 });
});

describe('that a node is wanted', () => {
  test('is noted where there is none that takes calls', async () => {
    const note = vi.spyOn(services().demand, 'note').mockResolvedValue();
    for (const id of ['n1', 'n2', 'n3']) await world.unlist(id);
    await world.startNode('n4', { state: 'draining' });
    expect(await rejection(free.next())).toMatchObject(reason('no_mediaserver'));
    expect(note).toHaveBeenCalledTimes(1);
  });

  test('is not where one does, though without the engine, or passed over', async () => {
    const note = vi.spyOn(services().demand, 'note').mockResolvedValue();
    expect(await rejection(new FreeNodes(services(), ['freeswitch']).next())).toMatchObject(reason('no_mediaserver'));
    for (let count = 0; count < 3; count += 1) free.passOver(await free.next(), full);
    expect(await rejection(free.next())).toBe(full);
    expect(note).not.toHaveBeenCalled();
  });

  test('and cannot be noted changes nothing for the client', async () => {
    vi.spyOn(services().demand, 'note').mockRejectedValue(new Error('throttled'));
    for (const id of ['n1', 'n2', 'n3']) await world.unlist(id);
    services().directory.forget('n1');
    expect(await rejection(free.next())).toMatchObject(reason('no_mediaserver'));
  });
});

test.each([new PatchbayError('duplicated_session_id'), new PatchbayError('internal_error'), new Error('odd')])(
  'passes over no node for %s: that is the answer',
  async (error) => {
    const node = await free.next();
    expect(() => free.passOver(node, error)).toThrow(error);
    expect(free.hasPassedOver(node.nodeId)).toBe(false);
  },
);

test('only a node whose socket was refused cannot have heard of what it was asked', () => {
  expect(mayHaveHeard(new NodeUnreachable('n', refused))).toBe(false);
  expect(mayHaveHeard(new NodeUnreachable('n', new Error('no result in time')))).toBe(true);
  expect(mayHaveHeard(full)).toBe(false);
});
