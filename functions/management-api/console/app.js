/** The shell: who is signed in, which screen is shown, and the frame around it. */

import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from "./preact.js";
import {
  all, api, ask, call, Cancelled, can, enter, forget, isOperator, onOtherPerson, organization, organizationKey, Problem,
  scope, session, wasSignedIn,
} from "./api.js";
import {
  announce, Button, Failure, Head, hush, Icon, Loading, mayLeave, Message, settled, useStore, wouldLose,
} from "./components.js";

/** Each screen: its path, the module that shows it, who may, and where the menu has it. */
const SCREENS = [
  { path: /^\/clients$/, load: () => import("./clients.js"), name: "Clients", icon: "key", needs: "clients:read", menu: "/clients" },
  { path: /^\/clients\/new$/, load: () => import("./client_form.js"), name: "New client", needs: "clients:change" },
  { path: /^\/clients\/(?<id>[^/]+)\/edit$/, load: () => import("./client_form.js"), name: "Edit client", needs: "clients:change" },
  { path: /^\/clients\/(?<id>[^/]+)$/, load: () => import("./client.js"), name: "Client", needs: "clients:read" },
  { path: /^\/requests$/, load: () => import("./requests.js"), name: "Change requests", icon: "list", needs: "clients:read", menu: "/requests" },
  { path: /^\/requests\/(?<id>[^/]+)$/, load: () => import("./request.js"), name: "Change request", needs: "clients:read" },
  { path: /^\/administrators$/, load: () => import("./administrators.js"), name: "Administrators", icon: "people", needs: "administrators:manage", menu: "/administrators" },
  { path: /^\/resources$/, load: () => import("./resources.js"), name: "Resources", icon: "stack", needs: "clients:read", menu: "/resources" },
  { path: /^\/audit$/, load: () => import("./audit.js"), name: "Audit trail", icon: "clock", needs: "audit:read", menu: "/audit" },
  { path: /^\/settings$/, load: () => import("./settings.js"), name: "Settings", icon: "gear", needs: "clients:read", menu: "/settings" },
  { path: /^\/organizations$/, load: () => import("./organizations.js"), name: "Organizations", icon: "office", needs: "platform:operate", menu: "/organizations" },
  { path: /^\/account$/, load: () => import("./account.js"), name: "Your account" },
];

let turns = 0;
/** Where the address leads; each time is a turn of its own, so that a screen begins anew. */
function place() {
  return { ...found(), turn: ++turns };
}

/** A part of the address; what is badly encoded stands for itself, and nothing has that name. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function found() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const invited = path.match(/^\/invitation\/([^/]+)$/);
  if (invited) return { invitation: decoded(invited[1]), path };
  for (const screen of SCREENS) {
    const match = path.match(screen.path);
    if (match) {
      const params = Object.fromEntries(Object.entries(match.groups ?? {}).map(([k, v]) => [k, decoded(v)]));
      return { screen, path, params, query: new URLSearchParams(query) };
    }
  }
  return { path };
}

const visible = (screen) => !screen.needs || can(screen.needs);

/* The way: each entry of the tab's history knows its place, so that a refused step can be taken back */

let here = history.state?.index ?? 0;
let refused = null;
const scrolled = new Map();
history.scrollRestoration = "manual";
history.replaceState({ index: here }, "");

/** Where a change of the address leads, with how far down it was; null where something would be lost by going. */
function followed(event) {
  // that is the way back from a step that was refused
  if (location.href === refused) return (refused = null);
  const isNew = history.state?.index === undefined;
  const index = isNew ? here + 1 : history.state.index;
  if (!mayLeave()) {
    refused = event.oldURL;
    if (index !== here) history.go(here - index);
    return null;
  }
  refused = null;
  settled();
  hush();
  scrolled.set(here, scrollY);
  here = index;
  history.replaceState({ index }, "");
  return { ...place(), down: isNew ? 0 : (scrolled.get(index) ?? 0) };
}

/** Goes elsewhere in place of where the address leads. */
function divert(hash) {
  const oldURL = location.href;
  history.replaceState(history.state, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange", { oldURL, newURL: location.href }));
}

/** Scrolls to where it was, as soon as what is loaded reaches so far. */
function scrollBack(down) {
  const watch = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight < down + innerHeight) return;
    watch.disconnect();
    scrollTo(0, down);
  });
  watch.observe(document.body);
  return () => watch.disconnect();
}

/** Where that which had the focus goes away, what is around it takes it: nobody falls out of the page. */
function keepFocus() {
  let last = null;
  // after the sign-in the page begins at its begin
  addEventListener("focusin", ({ target }) => (last = target.closest(".gate") ? null : target));
  new MutationObserver(() => {
    if (document.activeElement !== document.body || !last || last.isConnected) return;
    last = null;
    const heading = [...document.querySelectorAll("dialog[open] h2")].at(-1) ?? document.querySelector("main h1");
    (heading ?? document.querySelector("main"))?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

function App() {
  const who = useStore(session);
  const [at, go] = useState(place);
  const [asked, askFor] = useState({});
  const [state, set] = useState(wasSignedIn() ? "asking" : "out");
  useEffect(() => {
    const moved = (event) => {
      const next = followed(event);
      if (next) go(next);
    };
    addEventListener("hashchange", moved);
    // the address may have changed before anybody listened
    if (found().path !== at.path) go(place());
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(() => onOtherPerson((id) => {
    // who was signed out can sign in again and lose nothing
    if (!found().invitation && (id || !wouldLose())) location.reload();
  }), []);
  useEffect(() => {
    if (state !== "asking") return;
    api.get("/v1/session", {}, { quiet: true }).then(
      ({ data }) => (enter(data), set("in")),
      (problem) => {
        if (problem.status === 401) (forget(), set("out"));
        else set(problem);
      },
    );
  }, [state]);
  useEffect(() => {
    const dialog = (name) => () =>
      new Promise((resolve, reject) => {
        const end = (settle) => (value) => {
          askFor((others) => ({ ...others, [name]: undefined }));
          settle(value);
        };
        askFor((others) => ({ ...others, [name]: { done: end(resolve), leave: () => end(reject)(new Cancelled(name)) } }));
      });
    ask.signIn = dialog("signIn");
    ask.stepUp = dialog("stepUp");
  }, []);

  if (at.invitation) return html`<${Lazy} key="invitation" load=${() => import("./invitation.js")} token=${at.invitation} />`;
  if (state === "asking") return html`<p class="boot" role="status">Loading the console</p>`;
  if (state !== "in" && state !== "out") {
    return html`<div class="gate"><${Failure} problem=${state} retry=${() => set("asking")} /></div>`;
  }
  if (!who) {
    return html`<${Lazy} key="sign-in" load=${() => import("./sign_in.js")} onDone=${(data) => (enter(data), set("in"))} />`;
  }
  return html`<${Frame} at=${at} who=${who} />
    ${asked.signIn && html`<${Lazy} key="again" load=${() => import("./sign_in.js")} part="SignInAgain"
      who=${who} ...${asked.signIn} />`}
    ${asked.stepUp && html`<${Lazy} key="step-up" load=${() => import("./sign_in.js")} part="StepUp" ...${asked.stepUp} />`}`;
}

const loaded = new Map();
/** A component of a module that is loaded when it is first needed. */
function Lazy({ load, part = "Screen", ...rest }) {
  const source = String(load);
  const [Part, set] = useState(() => loaded.get(source)?.[part]);
  const [problem, fail] = useState(null);
  const [broken] = useErrorBoundary((error) => console.error(error));
  useEffect(() => {
    if (Part) return;
    load().then(
      (module) => {
        loaded.set(source, module);
        set(() => module[part]);
      },
      () => fail(navigator.onLine
        ? new Problem({ title: "The console has changed", detail: "A new version is there. Load the page again." })
        : new Problem({ title: "You are offline", detail: "This screen is not loaded yet. Connect, and try again." })),
    );
  }, []);
  if (problem || broken) {
    const told = problem ?? new Problem({ title: "The console has a fault", detail: "This screen could not be shown. Load the page again; if that does not help, report what you did." });
    return html`<${Failure} problem=${told} retry=${() => location.reload()} />`;
  }
  return Part ? html`<${Part} ...${rest} />` : html`<${Loading} />`;
}

function Frame({ at, who }) {
  const chosen = useStore(organization);
  const [open, unfold] = useState(false);
  const main = useRef(null);
  const side = useRef(null);
  const first = useRef(true);
  const screen = at.screen;
  const home = can("clients:read") ? "#/clients" : "#/account";
  useEffect(() => {
    if (!screen && !found().screen) divert(home);
  }, [at.path]);
  // before the screen's own heading says more
  useLayoutEffect(() => {
    if (screen) document.title = `${screen.name} · Countersign`;
  }, [at.turn]);
  useEffect(() => {
    unfold(false);
    if (!screen) return;
    // the first page leaves the focus where the browser puts it
    if (first.current) return void (first.current = false);
    main.current?.focus({ preventScroll: true });
    if (at.down) return scrollBack(at.down);
    scrollTo(0, 0);
  }, [at.turn]);
  // at once: a key may follow right behind the click that opened it
  useLayoutEffect(() => {
    if (!open) return;
    const outside = (event) => !side.current.contains(event.target) && unfold(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      unfold(false);
      side.current.querySelector(".menu-button").focus();
    };
    addEventListener("pointerdown", outside);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("keydown", escape);
    };
  }, [open]);
  const missing = screen && !visible(screen);
  const needsChoice = isOperator() && !chosen && screen && !["/organizations", "/account", "/administrators", "/resources", "/audit"].includes(at.path) && !at.params?.id;
  return html`<a class="skip" href="#main" onClick=${(e) => (e.preventDefault(), main.current.focus())}>Skip to the content</a>
    <div class="frame"><header class=${`side ${open ? "open" : ""}`} ref=${side}>
      <a class="brand" href="#/clients"><span class="mark"><${Icon} name="check" /></span>Countersign</a>
      <${Button} kind="quiet menu-button" icon="menu" aria-expanded=${open} aria-controls="menu"
        onClick=${() => unfold(!open)}>Menu<//>
      <div class="folded" id="menu">
        ${isOperator() && html`<${ChooseOrganization} chosen=${chosen} />`}
        <nav class="nav" aria-label="Screens">${SCREENS.filter((s) => s.menu && visible(s)).map((s) => html`<a
          key=${s.menu} href=${`#${s.menu}`}
          aria-current=${at.path.startsWith(s.menu) ? "page" : undefined}><${Icon} name=${s.icon} />
            ${s.name}${s.menu === "/requests" && html`<${Waiting} key=${chosen} path=${at.path} />`}</a>`)}</nav>
        <div class="rest"><a class="who" href="#/account" aria-label=${`Your account: ${who.name}`}
          aria-current=${at.path === "/account" ? "page" : undefined}>
          <b><bdi>${who.name}</bdi></b><span><bdi>${who.organization ?? "Operator"}</bdi></span></a>
          <${SignOut} /></div>
      </div></header>
    <main class="main" id="main" tabindex="-1" ref=${main}>
      ${missing ? html`<div class="stack"><${Head} title=${screen.name} crumb=${html`<a href=${home}>Back</a>`} /><${Failure}
        problem=${new Problem({ title: "A privilege is missing", detail: `This screen needs the privilege \`${screen.needs}\`. Ask an administrator of your organization.` })} /></div>`
        : needsChoice ? html`<div class="state"><h1 tabindex="-1">Choose an organization</h1>
          <p>An operator looks at one organization at a time. Choose it in the menu.</p></div>`
        : screen && html`<${Lazy} key=${`${at.turn} ${chosen ?? ""}`} load=${screen.load} params=${at.params}
          query=${at.query} />`}
    </main></div>`;
}

const COUNTED_AFTER_MS = 2000;
let counted = false;

/** How many change requests wait for me: asked once the first screen is there, and again on each way. */
function Waiting({ path }) {
  const [count, set] = useState(0);
  useEffect(() => {
    let there = true;
    const look = async () => {
      if (!organizationKey()) return set(0);
      const query = { ...scope(), waiting_for_me: true, limit: 100 };
      const answer = await api.get("/v1/change-requests", query, { quiet: true }).catch(() => null);
      if (there && answer) set(answer.data.items.length);
    };
    const timer = setTimeout(look, counted ? 0 : COUNTED_AFTER_MS);
    counted = true;
    addEventListener("requests-changed", look);
    return () => {
      there = false;
      clearTimeout(timer);
      removeEventListener("requests-changed", look);
    };
  }, [path]);
  return count > 0 && html`<span class="count">${count > 99 ? "99+" : count}<span class="hidden"> wait for you</span></span>`;
}

function ChooseOrganization({ chosen }) {
  const [list, set] = useState(null);
  useEffect(() => {
    const look = () => all("/v1/organizations").then(({ items }) => {
      set(items);
      if (!organization.get() && items.length === 1) organization.set(items[0].key);
    }, () => set([]));
    look();
    addEventListener("organizations-changed", look);
    return () => removeEventListener("organizations-changed", look);
  }, []);
  const choose = (event) => {
    if (!mayLeave()) return void (event.currentTarget.value = chosen ?? "");
    settled();
    organization.set(event.currentTarget.value || null);
    if (/^#\/(clients|requests)\//.test(location.hash)) location.hash = "#/clients";
  };
  return html`<label class="choose">Organization<select class="input" value=${chosen ?? ""} onChange=${choose}>
    <option value="">${list ? "Choose one" : "Loading"}</option>
    ${chosen && !list?.some((one) => one.key === chosen) && html`<option key=${chosen} value=${chosen} selected>
      ${chosen}</option>`}
    ${(list ?? []).map((one) => html`<option key=${one.key} value=${one.key} selected=${one.key === chosen}>
      ${one.name} (${one.key})</option>`)}</select></label>`;
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
    // everything that was shown goes with the page
    location.hash = "";
    location.reload();
  };
  return html`<${Button} kind="quiet small" busy=${busy} onClick=${leave}>Sign out<//>`;
}

function Root() {
  useLayoutEffect(() => document.querySelector("#app > .boot")?.remove(), []);
  return html`<${App} /><${Message} />`;
}

keepFocus();
render(html`<${Root} />`, document.querySelector("#app"));
