export { type NotificationsConfig, parseConfig, type Receiver, readConfig, sealed } from './config.ts';
export { NOTICE_KINDS, type Notice, type NoticeKind } from './notice.ts';
export { Notifier } from './notifier.ts';
export { send } from './send.ts';
