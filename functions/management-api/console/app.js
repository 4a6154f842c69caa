/** The shell: the signed-in administrator, the screen at the address, and the dialogs that calls need. */

import {
  api,
  ask,
  Cancelled,
  enter,
  forget,
  onOtherPerson,
  organization,
  Problem,
  session,
  wasSignedIn,
} from "./api.js";
import { Failure, Loading, Message } from "./components.js";
import { Frame } from "./frame.js";
import { useStore } from "./hooks.js";
import { followed, keepFocus, wouldLose } from "./navigation.js";
import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useState } from "./preact.js";
import { place } from "./screens.js";

/**
 * @import { Entry } from "./screens.js"
 * @import { Session } from "./types"
 */

/** @typedef {{ done: () => void, leave: () => void }} Question a dialog that a call waits for */

let turns = 0;
/** Where the address leads. Each time is a turn of its own, so that the screen starts from scratch. */
function arrive(down = 0) {
  turns += 1;
  return { ...place(), turn: turns, down };
}

const signIn = () => import("./sign_in.js");

function App() {
  const who = useStore(session);
  const chosen = useStore(organization);
  const [at, go] = useState(arrive);
  const [asked, askFor] = useState(/** @type {Partial<Record<keyof typeof ask, Question>>} */ ({}));
  const [state, set] = useState(/** @type {"asking" | "in" | "out" | Problem} */ (wasSignedIn() ? "asking" : "out"));
  useEffect(() => {
    /** @param {HashChangeEvent} event */
    const moved = (event) => {
      const down = followed(event);
      if (down !== null) go(arrive(down));
    };
    addEventListener("hashchange", moved);
    // the address may have changed before anybody listened
    if (place().path !== at.path) go(arrive());
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(
    () =>
      onOtherPerson((id) => {
        // someone who was signed out can sign in again and lose nothing
        if (!place().invitation && (id || !wouldLose())) location.reload();
      }),
    [],
  );
  /** @param {Session} data */
  const entered = (data) => {
    enter(data);
    set("in");
  };
  useEffect(() => {
    if (state !== "asking") return;
    api.get("/v1/session", {}, { quiet: true }).then(
      ({ data }) => entered(data),
      (thrown) => {
        const problem = Problem.from(thrown);
        if (problem.status !== 401) return set(problem);
        forget();
        set("out");
      },
    );
  }, [state]);
  useEffect(() => {
    /** @param {keyof typeof ask} name @returns {() => Promise<void>} */
    const dialog = (name) => () =>
      new Promise((resolve, reject) => {
        /** @param {() => void} settle */
        const end = (settle) => () => {
          askFor((others) => ({ ...others, [name]: undefined }));
          settle();
        };
        const question = { done: end(resolve), leave: end(() => reject(new Cancelled())) };
        askFor((others) => ({ ...others, [name]: question }));
      });
    ask.signIn = dialog("signIn");
    ask.stepUp = dialog("stepUp");
  }, []);

  if (at.invitation) {
    return html`<${Lazy} key="invitation" load=${() => import("./invitation.js")} token=${at.invitation} />`;
  }
  if (state === "asking") return html`<p class="boot" role="status">Loading the console</p>`;
  if (state instanceof Problem) {
    return html`<div class="gate"><${Failure} problem=${state} retry=${() => set("asking")} /></div>`;
  }
  if (!who) return html`<${Lazy} key="sign-in" load=${signIn} onDone=${entered} />`;
  const key = `${at.turn} ${chosen ?? ""}`;
  return html`<${Frame} at=${at} who=${who}>${(/** @type {Entry} */ screen) =>
    html`<${Lazy} key=${key} load=${screen.load} params=${at.params} query=${at.query} />`}<//>
    ${asked.signIn && html`<${Lazy} key="again" load=${signIn} part="SignInAgain" who=${who} ...${asked.signIn} />`}
    ${asked.stepUp && html`<${Lazy} key="step-up" load=${signIn} part="StepUp" ...${asked.stepUp} />`}`;
}

/** @typedef {Record<string, import("preact").ComponentType<object>>} Module */

/** @type {Map<string, Module>} */
const loaded = new Map();

/**
 * A component of a module that is loaded when it is first needed.
 * @param {{ load: () => Promise<Module>, part?: string }} props and those of the component
 */
function Lazy({ load, part = "Screen", ...rest }) {
  const source = String(load);
  const [Part, set] = useState(() => loaded.get(source)?.[part]);
  const [problem, fail] = useState(/** @type {Problem | null} */ (null));
  const [broken] = useErrorBoundary((error) => console.error(error));
  useEffect(() => {
    if (Part) return;
    load().then(
      (module) => {
        loaded.set(source, module);
        set(() => module[part]);
      },
      () => fail(navigator.onLine ? OUTDATED : OFFLINE),
    );
  }, []);
  if (problem || broken) {
    return html`<${Failure} problem=${problem ?? BROKEN} retry=${() => location.reload()} />`;
  }
  return Part ? html`<${Part} ...${rest} />` : html`<${Loading} />`;
}

const OUTDATED = new Problem({ title: "The console was updated", detail: "Reload the page to get the new version." });
const OFFLINE = new Problem({
  title: "You are offline",
  detail: "This screen is not loaded yet. Connect and try again.",
});
const BROKEN = new Problem({
  title: "The console failed",
  detail: "This screen could not be shown. Reload the page; if that does not help, report what you did.",
});

function Root() {
  useLayoutEffect(() => document.querySelector("#app > .boot")?.remove(), []);
  return html`<${App} /><${Message} />`;
}

keepFocus();
render(html`<${Root} />`, /** @type {Element} */ (document.querySelector("#app")));
