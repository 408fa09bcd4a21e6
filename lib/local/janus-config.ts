import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface JanusSettings {
  /** Where its configuration goes. */
  readonly folder: string;
  readonly wsPort: number;
  readonly adminPort: number;
  readonly adminSecret: string;
  /** The address that media is on; loopback unless the stack is meant to be reached from elsewhere. */
  readonly mediaAddress: string;
  /** Interfaces or addresses that ICE uses; all when empty. */
  readonly iceInterfaces: readonly string[];
}

/** What patchbay does not use is not loaded. */
const unusedPlugins = ['audiobridge', 'duktape', 'lua', 'recordplay', 'sip', 'streaming', 'textroom', 'voicemail'];
const unusedTransports = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'];
const libraries = (names: readonly string[]) => names.map((name) => `libjanus_${name}.so`).join(',');

/**
 * Janus' configuration, file by file. The settings that matter:
 * - `ice_keepalive_conncheck`: without it a client that dies silently is never noticed;
 * - `session_timeout`, `reclaim_session_timeout`: how long calls live on while the controller's WebSocket is away.
 */
const files = (settings: JanusSettings): Readonly<Record<string, string>> => ({
  'janus.jcfg': `general: {
  configs_folder = "${settings.folder}"
  admin_secret = "${settings.adminSecret}"
  session_timeout = 120
  reclaim_session_timeout = 60
  candidates_timeout = 45
  debug_level = 4
  debug_timestamps = true
  debug_colors = false
}
media: {
  ipv6 = false
  no_media_timer = 2
  slowlink_threshold = 4
}
nat: {
  nice_debug = false
  ice_keepalive_conncheck = true
  ice_ignore_list = "vmnet"
${settings.iceInterfaces.length > 0 ? `  ice_enforce_list = "${settings.iceInterfaces.join(',')}"\n` : ''}}
plugins: {
  disable = "${libraries(unusedPlugins)}"
}
transports: {
  disable = "${libraries(unusedTransports)}"
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
  local_ip = "${settings.mediaAddress}"
  sdp_ip = "${settings.mediaAddress}"
  rtp_port_range = "20000-40000"
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
