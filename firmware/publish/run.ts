/** `npm run feed -- COMMAND`: the feed of releases, on the machine of those who release. docs/updates.md has the ceremony. */
import { runFeedCommand, USAGE } from './commands.ts'

const said = await runFeedCommand(process.argv.slice(2))
if (said !== undefined) console.error(said)
process.exitCode = said === undefined ? 0 : said === USAGE ? 2 : 1
