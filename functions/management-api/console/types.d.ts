/** What the management API answers with, as far as the console reads it, and the shapes that modules share. */

import type { ComponentChildren } from "preact";

/** Anything that can be rendered. */
export type View = ComponentChildren;

/** An instant, as RFC 3339 writes it. */
export type Instant = string;
export type Level = "view" | "change" | "administer";
export type Grants = Record<string, Level>;

export interface Actor {
  type: "administrator" | "client" | "system";
  id: string | null;
  email: string | null;
}

export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

export interface Client {
  client_id: string;
  organization: string;
  key: string;
  name: string;
  notes: string;
  enabled: boolean;
  environment: string;
  token_lifetime_seconds: number;
  grants: Grants;
  scopes: string[];
  serves: string[];
  created_at: Instant;
  updated_at: Instant;
  expires_at: Instant | null;
  last_used_at: Instant | null;
  secrets: SecretSummary[];
}

export interface SecretSummary {
  id: string;
  hint: string;
  status: SecretStatus;
  created_at: Instant;
  expires_at: Instant | null;
}
export type SecretStatus = "active" | "not_yet_valid" | "expired" | "deactivated" | "deleted";

export interface Secret extends SecretSummary {
  label: string;
  last_used_at: Instant | null;
  last_used_network: string | null;
  replaced_by: string | null;
  sealed_copy: boolean;
}

export interface DeletedSecret extends Secret {
  deleted_at: Instant;
  restorable_until: Instant;
}

/** A secret in clear, in the one answer that has it. */
export interface NewSecret extends Secret {
  secret: string;
  client_id: string;
  token_endpoint: string;
  /** The secret that a regeneration replaced. */
  previous?: { id: string; expires_at: Instant };
}

export interface CreatedClient extends Client {
  secret: Omit<NewSecret, "client_id" | "token_endpoint">;
  token_endpoint: string;
}

export interface ChangeRequest {
  id: string;
  organization: string;
  status: ChangeRequestStatus;
  action: string;
  client_id: string | null;
  secret_id: string | null;
  email: string | null;
  summary: string;
  changes: FieldChange[];
  requested_by: Actor;
  requested_at: Instant;
  expires_at: Instant;
  approvals_required: number;
  first_approved_by: Actor | null;
  decided_by: Actor | null;
  decided_at: Instant | null;
  collectable_until: Instant | null;
  collected_at: Instant | null;
  comments: { by: Actor; at: Instant; text: string }[];
  permissions: Record<"approve" | "reject" | "withdraw" | "collect" | "comment", boolean>;
}
export type ChangeRequestStatus =
  | "pending"
  | "approved"
  | "collectable"
  | "collected"
  | "rejected"
  | "withdrawn"
  | "expired"
  | "lapsed";

export interface Resource {
  key: string;
  name: string;
  audience: string;
  levels: Partial<Record<Level, string>>;
  grantable: boolean;
  created_at: Instant | null;
}

export interface Settings {
  custody: "once" | "revealable";
  secret_lifetime_days: number;
  secret_lifetime_max_days: number;
  secrets_may_never_expire: boolean;
  live_secrets: number;
  overlap_seconds: number;
  overlap_max_seconds: number;
  token_lifetime_seconds: number;
  clients_need_expiry: boolean;
  multi_admin: boolean;
  reminder_days: number[];
  team_address: string | null;
}

export interface Organization {
  key: string;
  name: string;
  settings: Settings;
  /** The resources that its clients may be granted; null is all of them. */
  grantable_resources: string[] | null;
  suspended_at: Instant | null;
  created_at: Instant;
  version: number;
}

/** A person with their role; null where the privileges are no role's. */
interface Person {
  email: string;
  name: string;
  organization: string | null;
  role: Role | null;
  privileges: string[];
}
export type Role = "owner" | "administrator" | "credential_manager" | "viewer" | "operator";

export interface Session extends Person {
  administrator_id: string;
}

export interface Administrator extends Person {
  id: string;
  created_at: Instant;
  last_signed_in_at: Instant | null;
  recovery_codes_left: number;
  mail_status: "deliverable" | "undeliverable" | null;
  version: number;
}

export interface Invitation extends Person {
  id: string;
  purpose: string;
  expires_at: Instant;
  status: InvitationStatus;
  /** Whether the mail was handed over, in the answer to what sends one. */
  mailed: boolean | null;
}
export type InvitationStatus = "pending" | "accepted" | "expired" | "withdrawn";

export interface Authenticator {
  secret: string;
  uri: string;
  qr_code_svg: string;
}

export interface OpenedInvitation {
  email: string;
  organization_name: string | null;
  expires_at: Instant;
  authenticator: Authenticator;
}

export interface ListedSession {
  id: string;
  created_at: Instant;
  last_seen_at: Instant;
  source: string | null;
  user_agent: string | null;
  current: boolean;
}

export interface Recipient {
  email: string;
  team: boolean;
  undeliverable: boolean;
  failure: { cause: string; detail: string; at: Instant } | null;
}

/** What an event is about: its type and the ids that name it. */
export type EventTarget = { type: string } & Partial<Record<string, string>>;

export interface AuditEvent {
  sequence: number;
  at: Instant;
  actor: Actor;
  action: string;
  target: EventTarget;
  source: string | null;
  request_id: string;
  changes: FieldChange[];
}

export interface Verification {
  verified: boolean;
  events_checked: number;
  head: { sequence: number; hash: string } | null;
  broken: { sequence: number; reason: string } | null;
  next_cursor: string | null;
}

export interface List<T> {
  items: T[];
  next_cursor?: string | null;
}

/** An answer of the API. */
export interface Answer<T> {
  status: number;
  data: T;
  etag: string | null;
  /** The change request, where the change needs the approval of a second administrator. */
  waiting: ChangeRequest | null;
  link: string | null;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface CallOptions {
  body?: unknown;
  query?: Query;
  ifMatch?: string | null;
  /** The `Idempotency-Key`. */
  once?: string;
  /** Refused calls fail at once: no dialog asks for a sign-in or a one-time password. */
  quiet?: boolean;
}

type Read<T> = Promise<Answer<T>>;

/** `GET` by path. The first line that matches counts. */
export interface Get {
  (path: "/v1/session", query?: Query, options?: CallOptions): Read<Session>;
  (path: "/v1/account"): Read<Administrator>;
  (path: "/v1/account/sessions"): Read<List<ListedSession>>;
  (path: "/v1/reminders/recipients", query: Query): Read<List<Recipient>>;
  (path: "/v1/audit/export", query: Query): Read<unknown>;
  (path: "/v1/audit/verify", query: Query): Read<Verification>;
  (path: `/v1/organizations/${string}`): Read<Organization>;
  (path: `/v1/change-requests/${string}`): Read<ChangeRequest>;
  (path: `/v1/clients/${string}/secrets`): Read<List<Secret>>;
  (path: `/v1/clients/${string}/secrets`, query: { deleted: "true" }): Read<List<DeletedSecret>>;
  (path: `/v1/clients/${string}`): Read<Client>;
  (path: "/openapi.json"): Read<OpenApi>;
  <P extends keyof Lists>(path: P, query?: Query, options?: CallOptions): Read<List<Lists[P]>>;
}

/** Lists that come page by page. */
export interface Lists {
  "/v1/clients": Client;
  "/v1/change-requests": ChangeRequest;
  "/v1/resources": Resource;
  "/v1/organizations": Organization;
  "/v1/administrators": Administrator;
  "/v1/invitations": Invitation;
  "/v1/audit": AuditEvent;
}

/** `POST` by path. The first line that matches counts. */
export interface Post {
  (path: "/v1/session" | "/v1/session/step-up", body: unknown, options?: CallOptions): Read<Session>;
  (path: "/v1/invitation", body: unknown, options?: CallOptions): Read<OpenedInvitation>;
  (
    path: "/v1/invitation/accept",
    body: unknown,
    options?: CallOptions,
  ): Read<{ session: Session; recovery_codes: string[] }>;
  (
    path: "/v1/invitations" | `/v1/invitations/${string}/resend`,
    body?: unknown,
    options?: CallOptions,
  ): Read<Invitation>;
  (path: "/v1/account/authenticator"): Read<Authenticator>;
  (path: "/v1/account/recovery-codes"): Read<{ recovery_codes: string[] }>;
  (path: "/v1/clients", body: unknown, options?: CallOptions): Read<CreatedClient>;
  (path: `/v1/clients/${string}/reveal`): Read<{ secret: string }>;
  (
    path:
      | `/v1/clients/${string}/secrets`
      | `/v1/clients/${string}/regenerate`
      | `/v1/change-requests/${string}/collect`,
    body: unknown,
    options?: CallOptions,
  ): Read<NewSecret>;
  (path: string, body?: unknown, options?: CallOptions): Read<unknown>;
}

/** The part of the API's own description that names the actions of the audit trail. */
interface OpenApi {
  paths: Record<string, { get: { parameters: { name: string; schema: { enum?: string[] } }[] } }>;
}

/** A column of a table of `Row`s. */
export interface Column<Row> {
  label: string;
  cell: (row: Row) => View;
  /** What rows are ordered by. */
  sort?: (row: Row) => string | number | null;
  class?: string;
  hideLabel?: boolean;
  /** Whether a card leaves the cell out. */
  empty?: (row: Row) => boolean;
}
