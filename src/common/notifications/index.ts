export { type NotificationsConfig, type Receiver, type Rule, readConfig, sealed } from './config.ts';
export { titleOf } from './decide.ts';
export { exampleFor } from './example.ts';
export type { Notice, NoticeKind } from './notice.ts';
export { Notifier } from './notifier.ts';
export type { Posts } from './posts.ts';
export { send } from './send.ts';
