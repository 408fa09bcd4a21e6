/**
 * The life of a session (docs/protocol.md#sessions).
 *
 * ```
 *           create            connect: offer and answer known
 *  nothing ────────▶  wait  ─────────────────────────────────▶  ready
 *                      │                                          │
 *                      │ stop: destroy, wait_timeout, error       │ stop: destroy, ready_timeout, peer stopped,
 *                      ▼                                          ▼       engine lost, owner gone
 *                  destroyed ◀────────────────────────────────────┘
 * ```
 */
export type SessionState = 'wait' | 'ready' | 'destroyed';
export type SessionStep = 'connect' | 'stop';

export const transitions: Readonly<Record<SessionState, Readonly<Partial<Record<SessionStep, SessionState>>>>> = {
  wait: { connect: 'ready', stop: 'destroyed' },
  ready: { stop: 'destroyed' },
  destroyed: {},
};

/** The state after `step`, or undefined where the table has none: then nothing happens. */
export const next = (state: SessionState, step: SessionStep): SessionState | undefined => transitions[state][step];
