import fc from 'fast-check';
import { expect, test } from 'vitest';
import { next, type SessionState, type SessionStep, transitions } from '../../../lib/domain/session-state.ts';

const walk = (steps: readonly SessionStep[]): SessionState[] => {
  const states: SessionState[] = ['wait'];
  for (const step of steps) states.push(next(states.at(-1) ?? 'wait', step) ?? states.at(-1) ?? 'wait');
  return states;
};
const steps = fc.array(fc.constantFrom<SessionStep>('connect', 'stop'), { maxLength: 20 });

test('no path leads out of destroyed', () => {
  expect(transitions.destroyed).toEqual({});
  fc.assert(
    fc.property(steps, (path) => {
      const states = walk(path);
      const end = states.indexOf('destroyed');
      if (end >= 0) expect(new Set(states.slice(end))).toEqual(new Set(['destroyed']));
    }),
  );
});

test('no path leads back', () => {
  const order: readonly SessionState[] = ['wait', 'ready', 'destroyed'];
  fc.assert(
    fc.property(steps, (path) => {
      const ranks = walk(path).map((state) => order.indexOf(state));
      expect(ranks).toEqual([...ranks].sort());
    }),
  );
});

test.each<[SessionState, SessionStep, SessionState | undefined]>([
  ['wait', 'connect', 'ready'],
  ['wait', 'stop', 'destroyed'],
  ['ready', 'connect', undefined],
  ['ready', 'stop', 'destroyed'],
  ['destroyed', 'connect', undefined],
  ['destroyed', 'stop', undefined],
])('%s and %s give %s', (state, step, after) => {
  expect(next(state, step)).toBe(after);
});

test('every state can end', () => {
  for (const state of Object.keys(transitions) as SessionState[]) {
    if (state !== 'destroyed') expect(next(state, 'stop')).toBe('destroyed');
  }
});
