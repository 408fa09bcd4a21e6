import videoroom from 'janode/plugins/videoroom';
import * as z from 'zod/mini';
import { PatchbayError } from '../../protocol/errors.ts';
import type { JanusConnection } from './connection.ts';
import { JanusHandle } from './handle.ts';

const roomList = z.object({ list: z.array(z.object({ room: z.string(), description: z.string() })) });

/** A room of ours, as reconciliation sees it. */
export interface OwnedRoom {
  readonly roomId: string;
  /** When Janus had made it; undefined before. */
  readonly madeAtMs: number | undefined;
  /** Janus has it no more. */
  lost(): void;
  close(): Promise<void>;
}

/**
 * The requests that concern rooms, not who is in them. They go through a handle of their own, which is there as long as
 * there are rooms or requests.
 */
export class RoomControl {
  readonly #connection: JanusConnection;
  readonly #rooms = new Map<string, OwnedRoom>();
  #handle: JanusHandle | undefined;
  #attached: Promise<JanusHandle> | undefined;
  #pending = 0;

  constructor(connection: JanusConnection) {
    this.#connection = connection;
  }

  /** 1 while there is a handle. */
  get handleCount(): number {
    return this.#handle ? 1 : 0;
  }

  /** What our rooms in Janus are marked with. */
  get description(): string {
    return `patchbay ${this.#connection.nodeId}`;
  }

  get owned(): ReadonlyMap<string, OwnedRoom> {
    return this.#rooms;
  }

  add(room: OwnedRoom): void {
    if (!this.#rooms.has(room.roomId)) this.#rooms.set(room.roomId, room);
  }

  remove(room: OwnedRoom): void {
    if (this.#rooms.get(room.roomId) === room) this.#rooms.delete(room.roomId);
    void this.#releaseIdle();
  }

  /** The Janus session is gone: if not with them, then with all who were in them. */
  lose(): void {
    for (const room of [...this.#rooms.values()]) if (room.madeAtMs !== undefined) room.lost();
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#rooms.values()].map((room) => room.close()));
  }

  /** The ids of the rooms in Janus that are marked as ours. @throws PatchbayError */
  async list(): Promise<string[]> {
    const answer = roomList.safeParse(await this.request({ request: 'list' }));
    if (!answer.success) throw new PatchbayError('janus_error', "Janus' rooms cannot be read", { cause: answer.error });
    return answer.data.list.filter(({ description }) => description === this.description).map(({ room }) => room);
  }

  /** @throws PatchbayError */
  async request(body: Record<string, unknown>): Promise<Record<string, unknown>> {
    this.#pending += 1;
    try {
      return (await (await this.#attach()).request(body)).data;
    } finally {
      this.#pending -= 1;
      await this.#releaseIdle();
    }
  }

  #attach(): Promise<JanusHandle> {
    this.#attached ??= this.#newHandle();
    return this.#attached;
  }

  async #newHandle(): Promise<JanusHandle> {
    const handle = new JanusHandle(videoroom, {
      status: () => {},
      hangup: () => {},
      detached: () => {
        this.#forget(handle);
        void this.#connection.detach(handle);
      },
    });
    this.#handle = handle;
    try {
      await this.#connection.attach(handle);
    } catch (error) {
      this.#forget(handle);
      throw error;
    }
    if (this.#handle !== handle) throw new PatchbayError('janus_session_down');
    return handle;
  }

  #forget(handle: JanusHandle): void {
    if (this.#handle !== handle) return;
    this.#handle = undefined;
    this.#attached = undefined;
  }

  async #releaseIdle(): Promise<void> {
    const handle = this.#handle;
    if (!handle || this.#pending > 0 || this.#rooms.size > 0) return;
    this.#forget(handle);
    await this.#connection.detach(handle);
  }
}
