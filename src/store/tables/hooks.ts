/** Webhooks out. */
import type { Generated } from 'kysely';
import type { SettingOwner } from './settings.ts';

export interface HookTables {
  hooks: HooksTable;
  hook_messages: HookMessagesTable;
  hook_deliveries: HookDeliveriesTable;
}

/** Whose hook it is: of somebody who has settings, or of the whole `enterprise`. */
export type HookPlace = Exclude<SettingOwner, `environment:${number}`> | 'enterprise';

export interface HooksTable {
  id: Generated<number>;
  place: HookPlace;
  url: string;
  content_type: 'json' | 'form';
  /** 1: the receiver's certificate is not checked. */
  insecure_ssl: number;
  /** Sealed with the server's key; null without one. */
  secret: string | null;
  /** JSON: names of events; `*` stands for all. */
  events: string;
  active: number;
  created_at: string;
  updated_at: string;
}

/** What a hook is to be told, written in the transaction in which it happened. */
export interface HookMessagesTable {
  id: Generated<number>;
  hook_id: number;
  /** `X-GitHub-Delivery`: the same for every try. */
  guid: string;
  event: string;
  action: string | null;
  repository_id: number | null;
  /** Messages of one hook with the same key are delivered one after the other: `job:12`. */
  order_key: string;
  /** JSON, as it is sent. */
  payload: string;
  state: 'pending' | 'delivered' | 'failed';
  tries: Generated<number>;
  /** Of a pending one: not before. */
  next_at: string;
  created_at: string;
}

/** One try to deliver a message. */
export interface HookDeliveriesTable {
  id: Generated<number>;
  message_id: number;
  hook_id: number;
  delivered_at: string;
  /** 1: not the first try, or asked for. */
  redelivery: number;
  duration_ms: number;
  /** `OK`, or what went wrong. */
  status: string;
  /** 0 without an answer. */
  status_code: number;
  /** JSON: string map. */
  request_headers: string;
  response_headers: string;
  response_body: string;
}
