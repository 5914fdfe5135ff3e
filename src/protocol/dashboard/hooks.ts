/** `GET /hooks`: the webhooks of all places, for administrators of the server, by place. */
export interface HookList {
  hooks: Hook[];
}

export interface Hook {
  id: number;
  /** `owner/name`, `owner`, or null for the whole server. */
  place: string | null;
  /** Of the hook in REST; below it are `/deliveries`, `/deliveries/ID` and `/deliveries/ID/attempts` in GitHub's shapes. */
  path: string;
  /** Where it is told. */
  url: string;
  /** `*` stands for all. */
  events: string[];
  isActive: boolean;
  hasSecret: boolean;
  /** Messages that its receiver has not taken yet. */
  waiting: number;
  lastDelivery: HookDelivery | null;
}

/** GitHub's `hook-delivery-item`: one try. */
export interface HookDelivery {
  id: number;
  /** The same for every try of a message. */
  guid: string;
  event: string;
  action: string | null;
  delivered_at: string;
  redelivery: boolean;
  /** In seconds. */
  duration: number;
  /** `OK`, or what went wrong. */
  status: string;
  /** 0 without an answer. */
  status_code: number;
}

/** GitHub's `hook-delivery`. */
export interface HookDeliveryDetail extends HookDelivery {
  url: string;
  request: { headers: Record<string, string>; payload: Record<string, unknown> };
  response: { headers: Record<string, string>; payload: string | null };
}
