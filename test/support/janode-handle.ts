import { EventEmitter } from 'node:events';
import type { JanodeHandle, JanusMessage, JanusRequest } from 'janode';

/** janode's side of a handle: what Janus says is emitted, what is asked is noted. */
export class FakeJanodeHandle extends EventEmitter implements JanodeHandle {
  readonly id: number;
  readonly asked: JanusRequest[] = [];
  reply: Promise<JanusMessage> = Promise.resolve({
    janus: 'event',
    plugindata: { plugin: '', data: { result: 'ok' } },
  });

  constructor(id = 7) {
    super();
    this.id = id;
  }

  sendRequest(request: JanusRequest): Promise<JanusMessage> {
    this.asked.push(request);
    return this.reply;
  }

  async detach(): Promise<void> {}
}
