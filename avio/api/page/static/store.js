// A value that views follow: they are drawn anew when it changes.
import { useEffect, useReducer } from "./vendor/preact_htm.js";

export function store(first) {
  let value = first;
  const followers = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const follower of [...followers]) follower(value);
    },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

export function useStore(of) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => of.follow(redraw), [of]);
  return of.get();
}
