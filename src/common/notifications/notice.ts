/** Something that people may want to be told of, whatever part of the program knows it. */
export interface Notice {
  kind: NoticeKind;
  /**
   * What it is about, such as `deployment:12` or `pool:default/builds`. Notices with the same subject and `isUpdate` are
   * one message that changes; trouble with the same subject and code is told once in a while only.
   */
  subject: string;
  /** One word for what happened, such as `in_progress`, `failure` or `StartsPaused`. */
  state: string;
  /** One line. */
  title: string;
  /** More, for people; may be empty. */
  text: string;
  /** Where to look. */
  url?: string;
  isGood: boolean;
  repository?: string;
  workflow?: string;
  environment?: string;
  branch?: string;
  conclusion?: string;
  /** `NAMESPACE/NAME` of what keeps runners. */
  pool?: string;
}

export const NOTICE_KINDS = ['deployments', 'failures', 'recoveries', 'troubles', 'schedules'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** The changes of a deployment are one message. */
export const isUpdated = ({ kind }: Notice): boolean => kind === 'deployments';
