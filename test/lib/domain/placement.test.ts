import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canTakeCalls, type Node, place, staleAfterMs } from '../../../lib/domain/placement.ts';
import type { BackendKind } from '../../../lib/protocol/session.ts';
import { refusal } from '../../support/errors.ts';
import { janusEngine, node } from '../../support/nodes.ts';

const nowMs = Date.UTC(2030, 0, 1);
const nobody: ReadonlySet<string> = new Set();
const draws = (...values: number[]) => {
  const left = [...values];
  return () => left.shift() ?? 0;
};
const choose = (
  nodes: readonly Node[],
  backends: readonly BackendKind[] = ['janus'],
  suspects = nobody,
  random: () => number = draws(),
) => {
  const { node, backend } = place(nodes, backends, suspects, nowMs, random);
  return `${node.nodeId} ${backend}`;
};
const refused = (nodes: readonly Node[], backends: readonly BackendKind[] = ['janus'], suspects = nobody) =>
  refusal(() => choose(nodes, backends, suspects));

const freeswitch = { ...janusEngine, kind: 'freeswitch', name: 'fs-1' } as const;

test('calls can be taken with one engine that is up; p2p counts where there is no other', () => {
  const p2p = { ...janusEngine, kind: 'p2p', name: 'p2p' } as const;
  const janusDown = { ...janusEngine, up: false };
  expect(canTakeCalls([janusDown, freeswitch, p2p])).toBe(true);
  expect(canTakeCalls([janusDown, { ...freeswitch, up: false }, p2p])).toBe(false);
  expect(canTakeCalls([p2p])).toBe(true);
});

describe('two choices', () => {
  const nodes = [node('a', { load: 50 }), node('b', { load: 10 }), node('c', { load: 30 })];

  test('take the less loaded of the two drawn', () => {
    expect(choose(nodes, ['janus'], nobody, draws(0, 0))).toBe('b janus');
    expect(choose(nodes, ['janus'], nobody, draws(0, 0.99))).toBe('c janus');
    expect(choose(nodes, ['janus'], nobody, draws(0.99, 0.99))).toBe('b janus');
  });

  test('weigh load by capacity', () => {
    const big = node('big', { load: 100, capacity: 1000 });
    const small = node('small', { load: 5, capacity: 10 });
    expect(choose([small, big], ['janus'], nobody, draws(0, 0))).toBe('big janus');
  });

  test('never draw the same node twice, and never the most loaded', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), unit, unit, (count, first, second) => {
        const loaded = Array.from({ length: count }, (_, load) => node(`n${load}`, { load }));
        expect(choose(loaded, ['janus'], nobody, draws(first, second))).not.toBe(`n${count - 1} janus`);
      }),
    );
  });

  test('need no draw where one node fits', () => {
    expect(choose([node('a')])).toBe('a janus');
  });
});

describe('in a deploy, while ECS protects no more nodes than there are to be', () => {
  const old = node('old', { state: 'draining', load: 3 });
  const bare = (nodeId: string, load = 0) => node(nodeId, { isProtected: false, load });
  const anywhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const always = (nodes: readonly Node[], expected: string) =>
    fc.assert(
      fc.property(anywhere, anywhere, (a, b) => {
        expect(choose(nodes, ['janus'], nobody, draws(a, b))).toBe(`${expected} janus`);
      }),
    );

  test('sessions go to one that is protected, as long as it has room', () => {
    always([old, bare('a'), node('b', { load: 59 }), bare('c')], 'b');
    expect(choose([old, bare('a'), node('b', { load: 60 })])).toBe('a janus');
  });

  test('else to one new node after the other, so that few have to be', () => {
    always([old, bare('c'), bare('b'), bare('d')], 'b');
    always([old, bare('b'), bare('c', 9), bare('d', 2)], 'c');
    always([old, bare('b'), bare('c', 60), bare('d', 2)], 'd');
  });

  test('and when all are full, to any', () => {
    const full = [old, bare('b', 70), bare('c', 60)];
    expect(choose(full, ['janus'], nobody, draws(0, 0))).toBe('c janus');
  });

  test('but where none is protected, as without ECS, load is spread', () => {
    expect(choose([bare('a', 9), bare('b', 1)], ['janus'], nobody, draws(0, 0))).toBe('b janus');
  });
});

describe('passed over are nodes', () => {
  test('that were not heard of for 30 s', () => {
    expect(staleAfterMs).toBe(30_000);
    const late = (ms: number) => node('late', { heartbeatAtMs: nowMs - ms });
    expect(choose([late(29_999)])).toBe('late janus');
    expect(refused([late(30_000)]).reason).toBe('no_mediaserver');
  });

  test('under suspicion', () => {
    expect(choose([node('a'), node('b')], ['janus'], new Set(['a']))).toBe('b janus');
    expect(refused([node('a')], ['janus'], new Set(['a'])).reason).toBe('no_mediaserver');
  });

  test.each(['draining', 'lost'] as const)('that are %s', (state) => {
    expect(choose([node('a', { state }), node('b')])).toBe('b janus');
    expect(refused([node('a', { state })]).reason).toBe('no_mediaserver');
  });

  test('whose engine is down or of another kind', () => {
    const down = node('down', { engines: [{ ...janusEngine, up: false }] });
    const other = node('other', { engines: [freeswitch] });
    const bare = node('bare', { engines: [] });
    expect(choose([down, other, bare, node('good')])).toBe('good janus');
    expect(refused([down, other, bare]).reason).toBe('no_mediaserver');
  });
});

describe('several backends', () => {
  const both = node('both', { engines: [janusEngine, freeswitch] });

  test('are tried in their order', () => {
    expect(choose([both], ['janus', 'freeswitch'])).toBe('both janus');
    expect(choose([both], ['freeswitch', 'janus'])).toBe('both freeswitch');
  });

  test('fall through to the next where no live node has the first', () => {
    const janusDown = node('a', { engines: [{ ...janusEngine, up: false }, freeswitch] });
    expect(choose([janusDown], ['janus', 'freeswitch'])).toBe('a freeswitch');
    expect(choose([both, node('f', { engines: [freeswitch] })], ['janus', 'freeswitch'], new Set(['both']))).toBe(
      'f freeswitch',
    );
  });
});

describe('no_mediaserver', () => {
  test('says what was looked for', () => {
    expect(refused([])).toMatchObject({ reason: 'no_mediaserver', code: 300001 });
    expect(refused([]).message).toBe('no live node has janus up; try again shortly');
  });

  test('says how FreeSWITCH joins where that was looked for', () => {
    expect(refused([node('a')], ['freeswitch']).message).toBe(
      'no live node has freeswitch up; FreeSWITCH joins by PATCHBAY_FREESWITCH_BIN or PATCHBAY_FREESWITCH_URL',
    );
    expect(refused([], ['janus', 'freeswitch']).message).toContain('janus or freeswitch');
  });
});
