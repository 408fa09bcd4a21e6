import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionRecord } from '../../store/sessions.ts';
import { SerialQueue } from '../serial-queue.ts';
import type { SessionWorld } from './spec.ts';

/** The record outlives the session's own timers by so much, then DynamoDB collects it. */
const graceSeconds = 3600;

export interface RecordHost {
  readonly world: Pick<SessionWorld, 'claim' | 'update' | 'release' | 'giveUp' | 'log'>;
  /** As it is to be now. */
  record(): SessionRecord;
  isOver(): boolean;
  /** The record is another node's or attempt's by now. */
  onLost(): void;
}

/** Keeps a session's record in step with it, beside everything else that it does. */
export class SessionRecordKeeper {
  readonly #host: RecordHost;
  /** A write that is tried again must not overwrite a newer one. */
  readonly #writes = new SerialQueue();

  constructor(host: RecordHost) {
    this.#host = host;
  }

  /** @throws PatchbayError duplicated_session_id; or whatever the store threw */
  async claim(createdAtMs: number, lifeSeconds: number): Promise<void> {
    const record = this.#host.record();
    const expiresAtSeconds = Math.ceil(createdAtMs / 1000 + lifeSeconds + graceSeconds);
    if (await this.#host.world.claim(record, expiresAtSeconds)) return;
    throw new PatchbayError('duplicated_session_id', `a session ${record.sessionId} is alive`);
  }

  /** Brings it up to date. */
  write(): void {
    const { world, record, isOver, onLost } = this.#host;
    this.#writes
      .run(async () => isOver() || world.update(record()))
      .then(
        (held) => {
          if (!held) onLost();
        },
        (error: unknown) =>
          world.log.error({ err: error, session_id: record().sessionId }, 'session record not written'),
      );
  }

  /** False when somebody else has it by now, who speaks for the session then; or when that cannot be known. */
  async giveUp(): Promise<boolean> {
    const { world, record } = this.#host;
    return world.giveUp(record()).catch((error: unknown) => {
      world.log.error({ err: error, session_id: record().sessionId }, 'session record not given up');
      return false;
    });
  }

  async release(): Promise<void> {
    const { world, record } = this.#host;
    await world.release(record()).catch((error: unknown) => {
      world.log.error({ err: error, session_id: record().sessionId }, 'session record not released');
    });
  }
}
