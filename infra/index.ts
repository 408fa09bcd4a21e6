/** The construct library's public face. */
export { Patchbay } from './patchbay.ts';
export type {
  DomainProps,
  EngineChoice,
  FreeSwitchImage,
  JwtProps,
  NodeSize,
  PatchbayProps,
  Throttle,
} from './props.ts';
