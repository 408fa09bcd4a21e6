import type { Engine } from '../../domain/placement.ts';
import { PatchbayError } from '../../protocol/errors.ts';
import type { SessionType } from '../../protocol/session.ts';
import type { Backend, MediaRoom, MediaSession, MediaSink, MediaSpec, RoomSpec } from '../backend.ts';
import { FreeSwitchConnection, type FreeSwitchOptions } from './connection.ts';
import { FreeSwitchRoom } from './room.ts';
import { FreeSwitchSession } from './session.ts';

const types: readonly SessionType[] = ['park', 'echo', 'bridge', 'mcu'];

/** One FreeSWITCH. */
export class FreeSwitchBackend implements Backend {
  readonly kind = 'freeswitch';
  /** It finds clients by their own checks, and is given one candidate that leads nowhere. */
  readonly passesCandidates = false;
  readonly #connection: FreeSwitchConnection;

  constructor(options: FreeSwitchOptions) {
    this.#connection = new FreeSwitchConnection(options);
  }

  engine(): Engine {
    return {
      kind: this.kind,
      name: this.#connection.name,
      version: this.#connection.version,
      up: this.#connection.isUp,
      sessions: this.#connection.channels.size,
    };
  }

  start(): void {
    this.#connection.start();
  }

  async stop(): Promise<void> {
    await this.#connection.stop();
  }

  open(spec: MediaSpec, sink: MediaSink): MediaSession {
    if (!types.includes(spec.type)) {
      throw new PatchbayError('incompatible_session', `freeswitch does not do ${spec.type}`);
    }
    this.#requireUp();
    return new FreeSwitchSession(this.#connection, spec, sink);
  }

  openRoom(spec: RoomSpec): MediaRoom {
    this.#requireUp();
    return new FreeSwitchRoom(this.#connection, spec);
  }

  #requireUp(): void {
    if (!this.#connection.isUp) throw new PatchbayError('no_mediaserver', 'FreeSWITCH is not connected');
  }
}
