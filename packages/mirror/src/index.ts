export { knobs } from './config.ts';
export type { MirrorConfig } from './config.ts';
export { MirrorError } from './errors.ts';
export type { MirrorErrorCode } from './errors.ts';
export { initLink } from './link/init-link.ts';
export { startMirror } from './mirror.ts';
