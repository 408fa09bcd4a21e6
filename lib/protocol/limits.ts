/** The numbers of docs/protocol.md#limits: what API Gateway's WebSocket API allows, held to everywhere. */
export const limits = {
  messageBytes: 128 * 1024,
  frameBytes: 32 * 1024,
  /** Lists end a page here, so that a reply with its envelope stays under `messageBytes`. */
  pageBytes: 96 * 1024,
  idleMs: 10 * 60_000,
  connectionMs: 2 * 3_600_000,
  integrationMs: 29_000,
  /** How long a reply waits for an offer or an answer: under `integrationMs` with room for the way back. */
  waitSeconds: 25,
  sdpChars: 100_000,
  tidChars: 128,
  eventBodyBytes: 2048,
  infoBytes: 4096,
  eventLog: 64,
} as const;
