/** Nobody reads faster than thirty pictures a second. */
const leastMs = 30;
const maxPauseMs = 250;
/** Frames do not come quite regularly. */
const jitterMs = 4;

/**
 * Decides in which frames to render. After one the page rests as long again, so that clicks and keys have at least half of
 * the time, however many messages come and however slow the machine is.
 */
export class FramePacer {
  #renderedAt: number | undefined;
  #next = 0;

  /**
   * Called once in each frame.
   * @param now in milliseconds
   * @param hasNews whether there is anything to render
   * @returns whether to render it now
   */
  frame(now: number, hasNews: boolean): boolean {
    if (this.#renderedAt !== undefined) {
      const took = now - this.#renderedAt;
      const pause = Math.min(Math.max(2 * took, leastMs), took + maxPauseMs);
      this.#next = this.#renderedAt + pause - jitterMs;
    }
    const renders = hasNews && now >= this.#next;
    this.#renderedAt = renders ? now : undefined;
    return renders;
  }
}
