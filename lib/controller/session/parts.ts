import type { MediaSink } from '../../backends/backend.ts';
import { Attendance } from './attendance.ts';
import type { LiveSession } from './live-session.ts';
import { Negotiation } from './negotiation.ts';
import { SessionRecordKeeper } from './record.ts';
import { SessionRecordings } from './recordings.ts';
import type { SessionWorld } from './spec.ts';
import { sessionRecord } from './view.ts';

/** The parts of a live session that know it only by what they need of it. */
export interface Parts {
  readonly session: LiveSession;
  readonly world: SessionWorld;
  /** Offer and answer are known. */
  settled(): void;
  /** The owner is another one, or another connection. */
  ownerChanged(): void;
  /** The record is another node's or attempt's by now. */
  recordLost(): void;
}

export const negotiationOf = ({ session, world, settled }: Parts): Negotiation =>
  new Negotiation({
    clock: world.clock,
    data: session.spec.data,
    media: session.media.engine,
    emit: (type, body) => session.voice.emit(type, body),
    later: (job) => session.later(job),
    hasPeer: () => session.peer !== undefined,
    toPeer: (job) => {
      const { peer } = session;
      peer?.later(() => job(peer.negotiation));
      return peer !== undefined;
    },
    settled,
    failed: (why) => void session.stop(why),
  });

export const attendanceOf = ({ session, world, ownerChanged }: Parts): Attendance =>
  new Attendance({
    clock: world.clock,
    ownership: session.ownership,
    voice: session.voice,
    reconnectTimeoutSeconds: session.spec.data.reconnect_timeout,
    replay: (connection, event) => world.replay(connection, event),
    later: (job) => session.later(job),
    changed: ownerChanged,
    stop: (why) => void session.stop(why),
  });

export const recordingsOf = ({ session, world: { clock, log, files } }: Parts): SessionRecordings =>
  new SessionRecordings(
    {
      tenant: session.spec.creator.tenant,
      of: { sessionId: session.spec.sessionId },
      type: () => session.type,
      clock,
      log,
      files,
      recorder: () => (session.publisher ?? session).media.recorder,
      tell: (status) => session.voice.setStatus(status),
    },
    session.spec.data.record,
  );

export const recordOf = ({ session, world, recordLost }: Parts): SessionRecordKeeper =>
  new SessionRecordKeeper({
    world,
    record: () => sessionRecord(session),
    isOver: () => session.state === 'destroyed',
    onLost: recordLost,
  });

export const sinkOf = ({ session }: Parts): MediaSink => ({
  status: (status) => session.later(async () => session.voice.setEngineStatus(status)),
  stopped: (why) => void session.stop(why),
});
