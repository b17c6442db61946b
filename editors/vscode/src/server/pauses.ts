// SPDX-License-Identifier: Apache-2.0

// Pauses in typing. VS Code asks for the inlay hints of what is on the screen
// after every key, and moves those that it has by itself meanwhile: an answer a
// key later is the same, and each costs a round through three processes and a
// frame of its own. So a request waits until typing pauses; the next key cancels
// it. (Lenses and code actions VS Code asks for after a pause of its own.)

import type * as vscode from "vscode";

/** Longer than between the keys of one who types. */
export const pauseMillis = 200;

export class Pauses {
  readonly #changed = new WeakMap<object, number>();

  /** Notes that a document was edited just now. */
  note(document: vscode.TextDocument): void {
    this.#changed.set(document, Date.now());
  }

  /** Waits until a document has not been edited for a while; false where that was cancelled. */
  async next(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<boolean> {
    for (;;) {
      const left = (this.#changed.get(document) ?? 0) + pauseMillis - Date.now();
      if (token.isCancellationRequested) return false;
      if (left <= 0) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left);
        const cancelled = token.onCancellationRequested(done);
        function done(): void {
          clearTimeout(timer);
          cancelled.dispose();
          resolve();
        }
      });
    }
  }
}
