import { html } from 'hono/html'
import { page } from './page.ts'
import { shownProblem, shownState, shownTable, shownText } from './shown.ts'

/** Every part that a run needs, and what to do where one is ill: what `claimcheck doctor` says. */
export const healthPage = page({
  path: '/-/health',
  // A program is told there that the server is up, and asked for no token.
  isOfApi: true,
  async data(_, services) {
    const checks = (await services.health()).map(({ name, finding, error }) => {
      if (error === undefined) return { name, state: 'ok' as const, finding }
      const { code, message, remedy } = error
      return { name, state: 'failed' as const, problem: { code, message, remedy } }
    })
    return { checks }
  },
  content({ checks }) {
    const isWell = checks.every(({ state }) => state === 'ok')
    return {
      title: 'Health',
      refreshSeconds: 30,
      body: html`<h1>Health</h1>
        <div id="health" data-live data-news="${isWell ? 'all is well' : 'something is ill'}">
          ${shownTable({
            caption: 'Parts that a run needs',
            header: ['Part', 'State', 'Finding'],
            rows: checks.map(({ name, state, finding, problem }) => [
              name,
              shownState(state),
              problem === undefined ? shownText(finding ?? '') : shownProblem(problem),
            ]),
            nothing: '',
          })}
        </div>`,
    }
  },
})
