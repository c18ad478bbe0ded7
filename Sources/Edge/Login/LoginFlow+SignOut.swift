import Bytes
import JOSE
import OpenIDConnect

/// Out: the session ends here, then at the provider, and the browser comes back to the page asked for.
extension LoginFlow {
    /// Ends the session, in this browser and everywhere its cookie has gone.
    /// - Throws: ``LoginFlow/Failure/unconfirmed`` where a page of somebody else may have sent the browser here: then nothing has
    ///   changed, and the person is to be asked (``signOutConfirmation(_:)``).
    public func signOut(_ visit: Visit) async throws(Failure) -> Redirect {
        guard await isWanted(visit) else { throw .unconfirmed }
        let present = EdgeCookies.names(in: visit.headers)
        var cookies = cookie.fieldsDeleting(present: present)
        cookies += present.filter { $0.startsWithBytes(of: attemptPrefix) }.map(cookie.deletion)
        let target = target(of: visit)
        var ended: EdgeSession?
        if let value = EdgeCookies.chunked(cookie.name, in: visit.headers), !value.isEmpty {
            // A session that could not be ended is not said to be.
            do throws(StoreError) { ended = try await sessions.end(value) } catch {
                events.record(.storeFailed(error, doing: "end a session of the edge"))
                throw .unavailable
            }
        }
        guard let ended, settings.endsProviderSession, let endSession = (try? await provider.addresses())?.endSession else {
            return Redirect(location: target, cookies: cookies)
        }
        let query = logoutRequest(ended, target, visit).map { $0.0 + "=" + PercentEncoding.encode($0.1) }
        return Redirect(
            location: endSession + (endSession.containsByte("?") ? "&" : "?") + query.joined(separator: "&"), cookies: cookies)
    }

    /// Behind the provider's logout: on to the page that was asked for. Anybody can write such a link, so that it leads no
    /// further than a sign-out would.
    public func signedOut(_ visit: Visit) -> Redirect {
        Redirect(
            location: settings.targets.target(
                asked: visit.all("state"), headers: EdgeHeaders(), here: "\(visit.scheme)://\(visit.host)"),
            cookies: [])
    }

    /// Longer tokens would make addresses that servers refuse: then the provider asks the person instead.
    static let longestHint = 4096
    /// What providers are known to give back.
    static let longestState = 1024

    /// OpenID Connect RP-Initiated Logout 1.0 §2. The address to return to must be registered, so that it is one and the same
    /// for all pages, and the page travels as `state`.
    private func logoutRequest(_ ended: EdgeSession, _ target: String, _ visit: Visit) -> [(String, String)] {
        var fields: [(String, String)] = []
        if ended.idToken.utf8.count <= Self.longestHint { fields.append(("id_token_hint", ended.idToken)) }
        fields.append(("client_id", settings.clientID))
        guard let back = signedOutURI(visit) else { return fields }
        fields.append(("post_logout_redirect_uri", back))
        let here = "\(visit.scheme)://\(visit.host)"
        // At another host a path would be another page.
        let page =
            target.startsWithByte("/") && !back.startsWithByte("/") && !back.startsWithBytes(of: here + "/")
            ? here + target : target
        if page.utf8.count <= Self.longestState { fields.append(("state", page)) }
        return fields
    }

    /// Where the provider may send the browser back to: the host of the visit if it is one that can be registered, as nobody
    /// can register `*.example.com`.
    private func signedOutURI(_ visit: Visit) -> String? {
        let page = settings.prefix + LoginSettings.signedOutPage
        switch settings.redirectURI {
        case .fixed(let uri) where uri.startsWithByte("/"): return page
        case .fixed(let uri): return WebOrigin(of: uri).map { $0.text + page }
        case .host(let otherwise):
            let hosts = settings.targets.allowedHosts
            let here = WebOrigin(of: "\(visit.scheme)://\(visit.host)")
            if let here, hosts.contains(where: { $0.exact != nil && $0.allows(here) }) { return here.text + page }
            let registered = hosts.lazy.compactMap(\.exact).first.map { "\(visit.scheme)://\($0)" }
            return (registered ?? otherwise).map { $0 + page }
        }
    }

    /// The page with the button ends the session as well, as oauth2-proxy's does; not for pages of others that lead to it.
    public func cookiesOfSignIn(_ visit: Visit) async -> [String] {
        guard visit.isFromHere else { return [] }
        if let value = EdgeCookies.chunked(cookie.name, in: visit.headers), !value.isEmpty {
            do throws(StoreError) { try await sessions.end(value) } catch {
                events.record(.storeFailed(error, doing: "end a session of the edge"))
            }
        }
        return cookie.fieldsDeleting(present: EdgeCookies.names(in: visit.headers))
    }

    // MARK: Who wants it

    /// The parameter with which the question is answered.
    public static let confirmationParameter = "request"

    /// What proves that the person has seen the question, and was asked about this session; empty if there is none. Of browsers
    /// that say where a form stands it is not needed.
    public func signOutConfirmation(_ visit: Visit) -> String {
        guard let session = sessionDigest(visit) else { return "" }
        do throws(StoreError) { return try sealers.seal(session, purpose: confirmationPurpose) } catch {
            events.record(.storeFailed(error, doing: "seal a question"))
            return ""
        }
    }

    /// Whether the person wants to sign out, and not a page that leads every visitor here.
    private func isWanted(_ visit: Visit) async -> Bool {
        if visit.isFromHere { return true }
        guard let answer = visit.only(Self.confirmationParameter), let session = sessionDigest(visit) else { return false }
        return await sealers.open(answer, purpose: confirmationPurpose) == session
    }

    private var confirmationPurpose: String { "edge-sign-out:" + cookie.name }

    private func sessionDigest(_ visit: Visit) -> [UInt8]? {
        guard let value = EdgeCookies.chunked(cookie.name, in: visit.headers), !value.isEmpty else { return nil }
        return HashAlgorithm.sha256.hash(Array(value.utf8))
    }
}

extension LoginFlow.Visit {
    /// Whether a page of the same origin led here, or none did: a typed address, a bookmark, a program.
    ///
    /// Browsers say so in `Sec-Fetch-Site` (Fetch Metadata Request Headers §2.3); those that do not, in `Origin` and `Referer`. A
    /// page of another host of the domain counts as another's: not all hosts of a domain are of one owner.
    var isFromHere: Bool {
        let sites = headers.all("sec-fetch-site")
        guard sites.isEmpty else { return sites.count == 1 && (sites[0] == "same-origin" || sites[0] == "none") }
        return (headers.all("origin") + headers.all("referer")).allSatisfy(isHere)
    }

    /// Scheme and port are not looked at where they are the usual ones: behind a proxy that does not tell, they are unknown.
    private func isHere(_ url: String) -> Bool {
        guard let origin = WebOrigin(of: url), let here = WebOrigin(of: scheme + "://" + host) else { return false }
        return origin.authorityWithoutUsualPort == here.authorityWithoutUsualPort
    }
}
