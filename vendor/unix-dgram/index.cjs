'use strict';

/**
 * Stands in for the native addon `unix-dgram`, which janode imports for its Unix socket transport only.
 * The addon must be compiled for the very Node that runs it; patchbay talks to Janus over WebSocket and never needs it.
 */
exports.createSocket = () => {
  throw new Error('patchbay reaches Janus over WebSocket (ws:// or wss://); Unix sockets are not supported');
};
