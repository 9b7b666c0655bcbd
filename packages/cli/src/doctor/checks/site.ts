/**
 * Suffixes under which everybody may have a name of their own, so that two names there are two sites to a browser. Only
 * those where chat pages and proxies live; source: publicsuffix.org, November 2026.
 */
const sharedSuffixes =
  /(?:^|\.)((?:co|com|net|org|gov|ac)\.[a-z]{2}|github\.io|gitlab\.io|vercel\.app|netlify\.app|pages\.dev|workers\.dev|web\.app|firebaseapp\.com|herokuapp\.com|fly\.dev|onrender\.com|azurewebsites\.net|cloudfront\.net|amplifyapp\.com|(?:lambda-url|awsapprunner)\.[a-z0-9-]+\.(?:on\.aws|amazonaws\.com)|awsapprunner\.com|on\.aws|amazonaws\.com|elasticbeanstalk\.com)$/

/** Whether a browser sends a `SameSite=Lax` cookie of the one host with requests from pages of the other. */
export function isSameSite(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && siteOf(one.hostname) === siteOf(other.hostname)
}

function siteOf(host: string): string {
  if (/^[\d.]+$|^\[|^[^.]+$/.test(host)) return host
  const suffix = sharedSuffixes.exec(host)?.[1] ?? host.split('.').at(-1) ?? ''
  const own = host
    .slice(0, -suffix.length - 1)
    .split('.')
    .at(-1)
  return own ? `${own}.${suffix}` : host
}
