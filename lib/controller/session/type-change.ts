import type { MediaPlace } from '../../backends/backend.ts';
import { sessionNotFound } from '../../domain/access.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { Seat } from '../room/seat.ts';
import { asPatchbayError, settle } from '../settle.ts';
import type { LiveSession } from './live-session.ts';
import { lockAll } from './lock.ts';

/** What a session is to become. */
export type TypeWish = (
  | { readonly type: 'park' | 'echo' }
  | { readonly type: 'mcu'; readonly seat: Seat }
  | { readonly type: 'bridge'; readonly peer: LiveSession }
) & {
  /** Whether it stops from then on when whom it is connected with leaves. */
  readonly stopAfterPeer?: boolean | undefined;
};

/**
 * Makes another type of a session. All sessions that it touches, those that are left alone by it too, stand still
 * meanwhile. Where the engine does not do it, it has parked what it touched, and the sessions are parked as well, unless
 * nothing was touched (`invalid_state`).
 *
 * @param isWanted false when something newer was asked for while the queues were waited for: then nothing is done
 * @throws PatchbayError session_not_found, unknown_peer, invalid_state; what the room refuses, or the engine
 */
export async function changeType(session: LiveSession, wish: TypeWish, isWanted: () => boolean): Promise<void> {
  for (;;) {
    const touched = touchedBy(session, wish);
    const isDone = await lockAll(touched, async () => {
      // Who is connected with whom may have changed until now.
      if (touchedBy(session, wish).some((one) => !touched.includes(one))) return false;
      if (!isWanted()) return true;
      const { error } = await settle(change(session, wish));
      if (!error) return true;
      stay(session);
      throw error;
    });
    if (isDone) return;
  }
}

/** One that was made for a peer, and does not get to it now, is what the engine has made of it. */
function stay({ state, type, bridging, wishes, whereabouts }: LiveSession): void {
  if (state === 'destroyed' || type !== 'bridge' || bridging.peer || wishes.peer) return;
  whereabouts.became({ type: 'park' });
}

function touchedBy(session: LiveSession, wish: TypeWish): LiveSession[] {
  const movers = moversOf(session, wish);
  return [...movers, ...movers.map(({ bridging }) => bridging.peer)].filter((one) => one !== undefined);
}

const moversOf = (session: LiveSession, wish: TypeWish): LiveSession[] =>
  wish.type === 'bridge' ? [session, wish.peer] : [session];

async function change(session: LiveSession, wish: TypeWish): Promise<void> {
  if (session.state === 'destroyed') throw sessionNotFound(session.spec.sessionId);
  if (wish.type === 'bridge') await requireReady(session, wish.peer);
  if (!isThere(session, wish)) await move(session, wish);
  if (wish.stopAfterPeer !== undefined) session.stopAfterPeer = wish.stopAfterPeer;
}

function isThere({ type, room, bridging }: LiveSession, wish: TypeWish): boolean {
  if (wish.type === 'bridge') return bridging.peer === wish.peer;
  return type === wish.type && (wish.type !== 'mcu' || room === wish.seat.room);
}

async function move(session: LiveSession, wish: TypeWish): Promise<void> {
  const moveMedia = mediaMover(session);
  session.media.engine.requireReach?.();
  const movers = moversOf(session, wish);
  const left = movers.map(({ room }) => room);
  if (wish.type === 'mcu') wish.seat.room.join(session, 'member', undefined);
  const { error } = await settle(moveMedia(placeOf(wish)));
  if (error && wish.type === 'mcu') wish.seat.room.leave(session);
  if (error instanceof PatchbayError && error.reason === 'invalid_state') throw error;
  const alone = movers.map((by) => ({ by, peer: by.bridging.disconnect() }));
  if (error) {
    for (const one of movers) if (one.type !== 'park') one.whereabouts.became({ type: 'park' });
  } else {
    if (wish.type === 'bridge') session.bridging.connect(wish.peer);
    session.whereabouts.became(wish);
    if (wish.type === 'bridge') wish.peer.whereabouts.became({ type: 'bridge', peer: session });
  }
  for (const [at, one] of movers.entries()) if (left[at] && left[at] !== one.room) await forgive(one);
  for (const { by, peer } of alone) if (peer) await leftAlone(peer, by);
  if (error) throw asPatchbayError(error);
}

/** It has left the room where a moderator muted it: only what its client wants counts. */
async function forgive(session: LiveSession): Promise<void> {
  const { audio, video } = session.media.moderated;
  if (!audio && !video) return;
  const { error } = await settle(session.media.moderate({ audio: false, video: false }, true));
  if (error) session.refused(error, 'the end of its mute');
}

/** Its queue stands still: what follows for it is done here. */
const leftAlone = (one: LiveSession, by: LiveSession): Promise<void> => one.orEnd(() => one.bridging.deserted(by));

function mediaMover({ media, spec }: LiveSession): (to: MediaPlace) => Promise<void> {
  const { engine } = media;
  if (engine.changeType) return (to) => engine.changeType?.(to) ?? Promise.resolve();
  throw new PatchbayError('incompatible_session', `session ${spec.sessionId} cannot change its type`);
}

function placeOf(wish: TypeWish): MediaPlace {
  switch (wish.type) {
    case 'mcu':
      return { type: 'mcu', room: wish.seat.room.media };
    case 'bridge':
      return { type: 'bridge', peer: wish.peer.media.engine };
    default:
      return { type: wish.type };
  }
}

/** A call that rings must not be touched. One that was made for a peer that has ended is deserted. */
async function requireReady(session: LiveSession, peer: LiveSession): Promise<void> {
  const { sessionId } = peer.spec;
  if (peer.state === 'wait') throw new PatchbayError('invalid_state', `session ${sessionId} has no answer yet`);
  if (peer.state !== 'destroyed') return;
  await leftAlone(session, peer);
  throw new PatchbayError('unknown_peer', `session ${sessionId} has just ended`);
}
