/** Types of `preact.js`, from the packages that it is made of. */

import type { VNode } from "preact";

export { render } from "preact";
export {
  useCallback,
  useEffect,
  useErrorBoundary,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "preact/hooks";

/**
 * Creates elements from a template string. The props of a component are not checked where it is used, only where it is
 * defined; `any` is the argument of callbacks, so that a handler need not name the type of its event.
 */
// biome-ignore lint/suspicious/noExplicitAny: htm hands any value on to any component
export function html(strings: TemplateStringsArray, ...values: (TemplateValue | ((argument: any) => unknown))[]): VNode;

type TemplateValue = object | string | number | bigint | boolean | null | undefined;
