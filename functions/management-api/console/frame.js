/** The frame around a screen: the menu, the organization of an operator, and the way out. */

import { all, api, call, can, forget, isOperator, organization, organizationKey, Problem, scope } from "./api.js";
import { announce, Button, Failure, Head, Icon } from "./components.js";
import { useStore } from "./hooks.js";
import { divert, mayLeave, scrollBack, settled } from "./navigation.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./preact.js";
import { isAllowed, place, SCREENS } from "./screens.js";

/**
 * @import { Entry, Place } from "./screens.js"
 * @import { Organization, Session, View } from "./types"
 */

/**
 * @param {object} props
 * @param {Place & { turn: number, down?: number }} props.at
 * @param {Session} props.who
 * @param {(screen: Entry) => View} props.children renders the screen
 */
export function Frame({ at, who, children }) {
  const chosen = useStore(organization);
  const [open, unfold] = useState(false);
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const side = useRef(/** @type {HTMLElement | null} */ (null));
  const isFirst = useRef(true);
  const { path, screen, turn, down } = at;
  const home = can("clients:read") ? "#/clients" : "#/account";
  useEffect(() => {
    if (!screen && !place().screen) divert(home);
  }, [path]);
  // until the heading of the screen says more
  useLayoutEffect(() => {
    if (screen) document.title = `${screen.name} · Countersign`;
  }, [turn]);
  useEffect(() => {
    unfold(false);
    if (!screen) return;
    // on the first page the browser decides about the focus
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    main.current?.focus({ preventScroll: true });
    if (down) return scrollBack(down);
    scrollTo(0, 0);
  }, [turn]);
  // at once: a key may follow right behind the click that opened it
  useLayoutEffect(() => {
    if (!open) return;
    /** @param {Event} event */
    const outside = (event) => !side.current?.contains(/** @type {Node} */ (event.target)) && unfold(false);
    /** @param {KeyboardEvent} event */
    const close = (event) => {
      if (event.key !== "Escape") return;
      unfold(false);
      /** @type {HTMLElement | null | undefined} */ (side.current?.querySelector(".menu-button"))?.focus();
    };
    addEventListener("pointerdown", outside);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("keydown", close);
    };
  }, [open]);
  /** @param {Event} event */
  const skip = (event) => {
    event.preventDefault();
    main.current?.focus();
  };
  const content = () => {
    if (!screen) return null;
    if (!isAllowed(screen)) return html`<${Refused} screen=${screen} home=${home} />`;
    if (isOperator() && !chosen && !screen.wide && !at.params?.id) {
      return html`<div class="state"><h1 tabindex="-1">Choose an organization</h1>
        <p>An operator works in one organization at a time. Choose it in the menu.</p></div>`;
    }
    return children(screen);
  };
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <div class="frame"><header class=${`side ${open ? "open" : ""}`} ref=${side}>
      <a class="brand" href="#/clients"><span class="mark"><${Icon} name="check" /></span>Countersign</a>
      <${Button} kind="quiet menu-button" icon="menu" aria-expanded=${open} aria-controls="menu"
        onClick=${() => unfold(!open)}>Menu<//>
      <div class="folded" id="menu">
        ${isOperator() && html`<${ChooseOrganization} chosen=${chosen} />`}
        <${Menu} path=${path} chosen=${chosen} />
        <div class="rest"><a class="who" href="#/account" aria-label=${`Your account: ${who.name}`}
          aria-current=${path === "/account" ? "page" : undefined}>
          <b><bdi>${who.name}</bdi></b><span><bdi>${who.organization ?? "Operator"}</bdi></span></a>
          <${SignOut} /></div>
      </div></header>
    <main class="main" id="main" tabindex="-1" ref=${main}>${content()}</main></div>`;
}

/** @param {{ screen: Entry, home: string }} props */
function Refused({ screen, home }) {
  const detail = `This screen needs the privilege \`${screen.needs}\`. Ask an administrator of your organization.`;
  return html`<div class="stack"><${Head} title=${screen.name} crumb=${html`<a href=${home}>Back</a>`} />
    <${Failure} problem=${new Problem({ title: "Missing privilege", detail })} /></div>`;
}

/** @param {{ path: string, chosen: string | null }} props */
const Menu = ({ path, chosen }) =>
  html`<nav class="nav" aria-label="Screens">${SCREENS.map(
    (screen) =>
      screen.menu &&
      isAllowed(screen) &&
      html`<a key=${screen.menu} href=${`#${screen.menu}`}
        aria-current=${path.startsWith(screen.menu) ? "page" : undefined}><${Icon} name=${screen.icon} />
        ${screen.name}${screen.menu === "/requests" && html`<${Waiting} key=${chosen} path=${path} />`}</a>`,
  )}</nav>`;

const COUNTED_AFTER_MS = 2000;
let counted = false;

/**
 * The number of change requests that wait for this administrator: counted after the first screen is there, and again
 * at each step.
 * @param {{ path: string }} props
 */
function Waiting({ path }) {
  const [count, set] = useState(0);
  useEffect(() => {
    let mounted = true;
    const look = async () => {
      if (!organizationKey()) return set(0);
      const query = { ...scope(), waiting_for_me: true, limit: 100 };
      const answer = await api.get("/v1/change-requests", query, { quiet: true }).catch(() => null);
      if (mounted && answer) set(answer.data.items.length);
    };
    const timer = setTimeout(look, counted ? 0 : COUNTED_AFTER_MS);
    counted = true;
    addEventListener("requests-changed", look);
    return () => {
      mounted = false;
      clearTimeout(timer);
      removeEventListener("requests-changed", look);
    };
  }, [path]);
  if (count === 0) return null;
  return html`<span class="count">${count > 99 ? "99+" : count}<span class="hidden"> waiting for you</span></span>`;
}

/** @param {{ chosen: string | null }} props */
function ChooseOrganization({ chosen }) {
  const [list, set] = useState(/** @type {Organization[] | null} */ (null));
  useEffect(() => {
    const look = async () => {
      const { items } = await all("/v1/organizations").catch(() => ({ items: [] }));
      set(items);
      if (!organization.get() && items.length === 1) organization.set(items[0].key);
    };
    look();
    addEventListener("organizations-changed", look);
    return () => removeEventListener("organizations-changed", look);
  }, []);
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const choose = ({ currentTarget }) => {
    if (!mayLeave()) {
      currentTarget.value = chosen ?? "";
      return;
    }
    settled();
    organization.set(currentTarget.value || null);
    if (/^#\/(clients|requests)\//.test(location.hash)) location.hash = "#/clients";
  };
  const isUnlisted = chosen && !list?.some((one) => one.key === chosen);
  return html`<label class="choose">Organization<select class="input" value=${chosen ?? ""} onChange=${choose}>
    <option value="">${list ? "Choose one" : "Loading"}</option>
    ${isUnlisted && html`<option key=${chosen} value=${chosen} selected>${chosen}</option>`}
    ${(list ?? []).map(
      (one) => html`<option key=${one.key} value=${one.key} selected=${one.key === chosen}>
        ${one.name} (${one.key})</option>`,
    )}</select></label>`;
}

function SignOut() {
  const [busy, set] = useState(false);
  const leave = async () => {
    if (!mayLeave()) return;
    set(true);
    try {
      await call("DELETE", "/v1/session", { quiet: true });
    } catch (problem) {
      if (problem instanceof Problem && problem.status !== 401) {
        set(false);
        return announce(`You are still signed in: ${problem.message}`);
      }
    }
    forget();
    settled();
    // everything on screen goes with the page
    location.hash = "";
    location.reload();
  };
  return html`<${Button} kind="quiet small" busy=${busy} onClick=${leave}>Sign out<//>`;
}
