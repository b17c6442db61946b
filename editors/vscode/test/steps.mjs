// SPDX-License-Identifier: Apache-2.0

import * as path from "node:path";

/** Runs steps one after the other; a failed one leaves a picture and lets the others run. */
export class Steps {
  constructor(browser, failures) {
    this.browser = browser;
    this.failures = failures;
    this.failed = 0;
  }

  async run(name, step) {
    const started = Date.now();
    const took = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    try {
      await step();
      console.log(`ok    ${name} (${took()})`);
    } catch (error) {
      this.failed++;
      const file = path.join(this.failures, `${name.replace(/\W+/g, "-")}.png`);
      await this.browser.picture(file).catch(() => {});
      console.log(`FAIL  ${name} (${took()}): ${error.message.split("\n").slice(0, 12).join(" | ")}\n      see ${file}`);
    }
  }
}
