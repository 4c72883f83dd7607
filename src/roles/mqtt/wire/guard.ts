/**
 * Calls with each item; what one call throws does not keep the others from theirs.
 * @param onError called with each error; it must not throw
 */
export function forEachGuarded<T>(
  items: Iterable<T>,
  call: (item: T) => void,
  onError: (error: unknown) => void,
): void {
  for (const item of items) {
    try {
      call(item);
    } catch (error) {
      onError(error);
    }
  }
}
