import { EngineCall } from './engine-call.ts';

/** A call through a media server that sends something: the server can limit it. */
export abstract class SendingCall extends EngineCall {
  limit(bitrateKbps: number): Promise<void> {
    return this.change('Limiting failed', async (call) => {
      await call.updateMedia({ bitrate: bitrateKbps * 1000 });
      return { bitrateKbps };
    });
  }
}
