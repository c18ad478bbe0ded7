import FoundationEssentials
import JOSE
import OpenIDConnect
import Synchronization
import Testing

@testable import Edge

@Suite struct EdgeAnswersTests {
    private func answers(
        _ policy: FakePolicy = .known, slowly: [String: EdgeAuthentication] = [:], assertions: AssertionSource? = nil
    ) -> EdgeAnswers {
        EdgeAnswers(rules: CurrentRules(rules(policy, slowly: slowly)), assertions: assertions, login: FakeLogin())
    }

    private func rules(
        _ policy: FakePolicy, slowly: [String: EdgeAuthentication] = [:],
        families: Set<IdentityHeaders.Family> = Set(IdentityHeaders.Family.allCases)
    ) -> EdgeRules {
        EdgeRules(
            gate: EdgeGate(
                finder: CredentialFinder(sessionCookie: "s"),
                authenticator: FakeAuthenticator(quickly: ["good": .person()], slowly: slowly), policy: policy),
            headers: IdentityHeaders(families: families))
    }

    private func request(_ headers: EdgeHeaders, path: String = "/x") -> EdgeRequest {
        EdgeRequest(host: "app.example", path: path, headers: headers)
    }

    private func header(_ name: String, _ answer: EdgeAnswer) -> String? { answer.clientHeaders.first { $0.name == name }?.value }

    @Test func `Who is known and may goes on with identity headers, without waiting`() throws {
        let answer = try #require(answers().answerNow(request(["authorization": "Bearer good"])))
        #expect(answer.isAllowed)
        #expect(answer.upstreamHeaders.contains(.init("x-auth-request-email", "jane@example.com")))
        #expect(answer.validUntil == FixedClock().now + 3600)
    }

    @Test func `A program without a token is told how to bring one`() async {
        let answer = await answers().answer(request([:]))
        #expect(answer.status == 401)
        #expect(header("www-authenticate", answer) == #"Bearer realm="dextra""#)
        #expect(header("cache-control", answer) == "no-store")
        #expect(answer.validUntil == nil)
    }

    @Test func `A browser is led to the login`() async {
        let answer = await answers().answer(request(["accept": "text/html"]))
        #expect(answer.status == 302)
        #expect(header("location", answer) == "/oauth2/start?rd=/x")
        #expect(header("vary", answer)?.contains("Cookie") == true)
    }

    @Test func `A wrong token is refused with its reason`() async {
        let answer = await answers(slowly: ["old": .invalid(reason: "the token has \"expired\"\n")])
            .answer(request(["authorization": "Bearer old"]))
        #expect(answer.status == 401)
        #expect(
            header("www-authenticate", answer)
                == #"Bearer realm="dextra", error="invalid_token", error_description="the token has ?expired??""#)
    }

    private static let preflight: EdgeHeaders = ["origin": "https://app.example", "access-control-request-method": "PUT"]

    /// Whatever comes along with it, a preflight is judged as what browsers send: without credentials.
    @Test(
        arguments: [
            [:], ["authorization": "Bearer wrong"], ["authorization": "Bearer good"], ["authorization": "Bearer down"],
            ["cookie": "s=wrong"],
        ] as [[String: String]], [true, false])
    func `A preflight is the same with any token`(_ credentials: [String: String], _ isIstios: Bool) async throws {
        var headers = Self.preflight
        for (name, value) in credentials { headers.append(name, value) }
        var question = request(headers)
        question.method = "OPTIONS"
        let slowly: [String: EdgeAuthentication] = ["down": .unavailable(reason: "down")]
        let closed = answers(FakePolicy(refusesInvalidCredentials: isIstios, decision: FakePolicy.known.decision), slowly: slowly)
        #expect(await closed.answer(question).status == 401)
        #expect(closed.answerNow(question)?.status == 401)
        let open = answers(FakePolicy(refusesInvalidCredentials: isIstios) { _, _ in .allow }, slowly: slowly)
        let answer = await open.answer(question)
        #expect(answer.isAllowed && answer.upstreamHeaders.isEmpty)
        #expect(answer.validUntil == nil, "what it depends on matters nowhere else")
    }

    @Test(
        arguments: [
            ("GET", preflight), ("OPTIONS", ["origin": "https://app.example"]),
            ("OPTIONS", ["access-control-request-method": "PUT"]),
            ("OPTIONS", ["origin": "", "access-control-request-method": "PUT"]),
        ] as [(String, EdgeHeaders)])
    func `What is no preflight is refused for its wrong token`(_ method: String, _ headers: EdgeHeaders) async throws {
        var question = request(headers)
        question.method = method
        question.headers.append("authorization", "Bearer wrong")
        let open = answers(FakePolicy(refusesInvalidCredentials: true) { _, _ in .allow })
        #expect(await open.answer(question).status == 401)
        question.headers.replace("authorization", "Bearer good")
        #expect(await open.answer(question).upstreamHeaders.isEmpty == false)
    }

    @Test func `Rules that are replaced count at the next request`() async {
        let current = CurrentRules(rules(.known))
        let answers = EdgeAnswers(rules: current)
        let question = request(["authorization": "Bearer good"])
        #expect(answers.answerNow(question)?.upstreamHeaders.contains { $0.name == "kubeflow-userid" } == true)
        current.replace(rules(.known, families: [.xAuthRequest]))
        #expect(answers.answerNow(question)?.upstreamHeaders.contains { $0.name == "kubeflow-userid" } == false)
        current.replace(rules(FakePolicy { _, _ in .deny }))
        #expect(answers.answerNow(question)?.status == 403)
        #expect(await answers.answer(question).status == 403)
    }

    @Test func `Trouble at the issuer is never a yes`() async {
        let answer = await answers(slowly: ["t": .unavailable(reason: "down")]).answer(request(["authorization": "Bearer t"]))
        #expect(answer.status == 503)
        #expect(header("retry-after", answer) != nil)
    }

    @Test func `A path open to all stays open beside a useless token, unless the policy is strict`() async {
        var policy = FakePolicy { _, _ in .allow }
        let useless = request(["authorization": "Bearer old"])
        #expect(await answers(policy).answer(useless).status == 200)
        #expect(await answers(policy, slowly: ["old": .unavailable(reason: "down")]).answer(useless).status == 200)
        policy.refusesInvalidCredentials = true
        #expect(await answers(policy).answer(useless).status == 401)
    }

    @Test func `Who may not is refused, known or not`() async {
        let nobody = FakePolicy { _, _ in .deny }
        #expect(await answers(nobody).answer(request(["authorization": "Bearer good"])).status == 403)
        #expect(await answers(nobody).answer(request(["accept": "text/html"])).status == 403)
    }

    @Test func `A last word can only refuse`() async {
        let known = request(["authorization": "Bearer good"])
        #expect(await answers().answer(known) { _ in false }.status == 403)
        #expect(await answers().answer(request([:])) { _ in true }.status == 401)
    }

    @Test func `A renewed session brings its cookies, and such an answer is not remembered`() async {
        let answer = await answers(slowly: ["c": .renewed(.person(), setCookies: ["s=d"])]).answer(request(["cookie": "s=c"]))
        #expect(answer.isAllowed)
        #expect(header("set-cookie", answer) == "s=d")
        #expect(answer.validUntil == nil)
    }

    @Test(arguments: [
        "X-Auth-Request-User", "keep-alive, kubeflow_userid", "authorization", "x-goog-iap-jwt-assertion",
        "x-auth-request-email,\u{301}", "x-auth-request-email\u{301}", "close,\u{301}x-auth-request-email",
        "x.auth.request.email",
        "\tX_AUTH-REQUEST_EMAIL ,close", "x-auth-request-email;q=1", "\"x-auth-request-email\"", "x-auth-request-email close",
        "close \u{85}", "AUTHORI\u{17F}ATION", "KUBEFLOW.userid",
    ])
    func `A request that asks to drop what the edge sets is refused`(connection: String) async {
        let hostile = request(["authorization": "Bearer good", "connection": connection])
        #expect(answers().answerNow(hostile)?.status == 400)
        #expect(await answers().answer(hostile).status == 400)
    }

    @Test(arguments: ["", "close", "keep-alive, Upgrade", " TE ,, close ", "x-other", "HTTP2-Settings", "cookie"])
    func `What else stands in Connection is no reason to refuse`(connection: String) {
        #expect(answers().answerNow(request(["authorization": "Bearer good", "connection": connection]))?.status == 200)
    }

    @Test func `An assertion is signed once and then known`() async throws {
        let signer = try FakeSigner()
        let source = AssertionSource(
            .init(issuer: "https://edge", subjectPrefix: "accounts.google.com"), signer: signer, clock: FixedClock())
        let answers = answers(assertions: source)
        let known = request(["authorization": "Bearer good"])
        #expect(answers.answerNow(known) == nil)
        let answer = await answers.answer(known)
        #expect(answers.answerNow(known) == answer)
        #expect(signer.count.load(ordering: .relaxed) == 1)
        let assertion = try #require(answer.upstreamHeaders.first { $0.name == "x-goog-iap-jwt-assertion" }?.value)
        let verified = try JWS.verify(assertion, keys: [signer.key.verificationKey], algorithms: [.ES256])
        let claims = try JSON(parsing: verified.payload)
        #expect(claims["sub"] == "accounts.google.com:u1")
        #expect(claims["aud"] == "https://app.example")
        #expect(claims["iss"] == "https://edge")
        #expect(claims["exp"]?.integer == 1_700_000_600)
    }

    @Test func `An assertion for one person or backend is not another's`() async throws {
        let source = AssertionSource(.init(issuer: "i"), signer: try FakeSigner(), clock: FixedClock())
        _ = try await source.assertion(for: .person("é"), audience: "a")
        #expect(source.known(.person("é"), audience: "a") != nil)
        // The same to the eye and to Swift's `==`, but another subject.
        #expect(source.known(.person("e\u{301}"), audience: "a") == nil)
        #expect(source.known(.person("é"), audience: "b") == nil)
        #expect(source.known(.person("é", groups: ["a"]), audience: "a") == nil)
    }

    @Test func `Who cannot be vouched for does not go on`() async throws {
        let source = AssertionSource(.init(issuer: "i"), signer: try FakeSigner(isFull: true), clock: FixedClock())
        #expect(await answers(assertions: source).answer(request(["authorization": "Bearer good"])).status == 503)
    }
}
