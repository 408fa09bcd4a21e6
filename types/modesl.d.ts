/** The part of modesl 1.2 that patchbay uses; it ships no types. Source: https://github.com/englercj/node-esl */

declare module 'modesl' {
  import type { Socket } from 'node:net';

  export interface EslEvent {
    readonly headers: readonly { readonly name: string; readonly value: unknown }[];
    getHeader(name: string): string | null | undefined;
    getBody(): string;
  }
  type Answered = (event: EslEvent) => void;

  export class Connection {
    socket: Socket | null;
    constructor(host: string, port: number, password: string, onReady: () => void);
    api(command: string, onAnswer: Answered): void;
    bgapi(command: string, args: string, jobId: string, onDone: Answered): void;
    events(format: 'json' | 'plain', events: string, onAnswer: Answered): void;
    sendRecv(command: string, onAnswer: Answered): void;
    disconnect(): void;
    on(event: string, listener: (argument: never) => void): this;
    removeAllListeners(): this;
  }
  const esl: { readonly Connection: typeof Connection };
  export default esl;
}
