import type { Engine, Node } from '../../lib/domain/placement.ts';

export const janusEngine: Engine = { kind: 'janus', name: 'janus-1', version: '1.1.2', up: true, sessions: 0 };

export const node = (nodeId: string, change: Partial<Node> = {}): Node => ({
  nodeId,
  url: 'http://127.0.0.1:9',
  release: 'test',
  state: 'up',
  engines: [janusEngine],
  load: 0,
  capacity: 100,
  heartbeatAtMs: Date.UTC(2030, 0, 1),
  ...change,
});
