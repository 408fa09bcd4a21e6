import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaAddresses } from './media-addresses.ts';
import { mediaPorts, type PortRange } from './media-ports.ts';

export interface JanusSettings extends MediaAddresses {
  /** Where its configuration goes. */
  readonly folder: string;
  readonly wsPort: number;
  readonly adminPort: number;
  readonly adminSecret: string;
  /** Without one whoever reaches its port may use it. */
  readonly apiSecret?: string;
}

/** What patchbay does not use is not loaded. */
const unusedPlugins = ['audiobridge', 'duktape', 'lua', 'recordplay', 'sip', 'streaming', 'textroom', 'voicemail'];
const unusedTransports = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];
const range = ({ first, last }: PortRange) => `"${first}-${last}"`;
const line = (name: string, value: string | undefined) => (value === undefined ? '' : `  ${name} = "${value}"\n`);
const libraries = (names: readonly string[]) => names.map((name) => `libjanus_${name}.so`).join(',');

/**
 * Janus' configuration, file by file. The settings that matter:
 * - `ice_keepalive_conncheck`: without it a client that dies silently is never noticed;
 * - `session_timeout`, `reclaim_session_timeout`: how long calls live on while the controller's WebSocket is away;
 * - `nat_1_1_mapping`: behind a one-to-one NAT clients get the public address and no other.
 */
const files = ({ mediaAddress, localAddress, ...settings }: JanusSettings): Readonly<Record<string, string>> => ({
  'janus.jcfg': `general: {
  configs_folder = "${settings.folder}"
  admin_secret = "${settings.adminSecret}"
${line('api_secret', settings.apiSecret)}\
  session_timeout = 120
  reclaim_session_timeout = 60
  candidates_timeout = 45
  debug_level = 4
  debug_timestamps = true
  debug_colors = false
}
media: {
  ipv6 = false
  rtp_port_range = ${range(mediaPorts.janusWebrtc)}
  no_media_timer = 2
  slowlink_threshold = 4
}
nat: {
  nice_debug = false
  ice_keepalive_conncheck = true
  ice_ignore_list = "vmnet"
${line('ice_enforce_list', settings.iceInterfaces.join() || undefined)}\
${line('nat_1_1_mapping', mediaAddress === localAddress ? undefined : mediaAddress)}\
}
plugins: {
  disable = "${libraries(unusedPlugins)}"
}
transports: {
  disable = "${libraries(unusedTransports)}"
}
loggers: {
  disable = "${libraries(['jsonlog'])}"
}
`,
  'janus.transport.websockets.jcfg': `general: {
  json = "compact"
  ws = true
  ws_ip = "127.0.0.1"
  ws_port = ${settings.wsPort}
  wss = false
}
admin: {
  admin_ws = true
  admin_ws_ip = "127.0.0.1"
  admin_ws_port = ${settings.adminPort}
  admin_wss = false
}
`,
  'janus.plugin.videoroom.jcfg': 'general: {\n  string_ids = true\n}\n',
  'janus.plugin.nosip.jcfg': `general: {
  local_ip = "${localAddress}"
  sdp_ip = "${mediaAddress}"
  rtp_port_range = ${range(mediaPorts.janusRtp)}
}
`,
  'janus.plugin.echotest.jcfg': 'general: {\n}\n',
  'janus.plugin.videocall.jcfg': 'general: {\n}\n',
});

export async function writeJanusConfig(settings: JanusSettings): Promise<void> {
  await mkdir(settings.folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files(settings))) {
    await writeFile(join(settings.folder, name), text, { mode: 0o600 });
  }
}
