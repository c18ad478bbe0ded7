import Bytes
import Testing

@testable import DexConfiguration

@Suite("Policies of the edge are read, or it is said where they are wrong")
struct EdgePolicyTests {
    private func problems(policy yaml: String, _ files: [String: String] = [:]) -> [String] {
        do throws(InvalidConfiguration) {
            _ = try Configuration.Edge.loadPolicies(yaml: yaml, file: "p.yaml", environment: [:]) { path in
                guard let text = files[path] else { throw NoSuchFile() }
                return text
            }
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    private func edge(_ yaml: String) throws -> Configuration.Edge {
        try Configuration.Edge.loadPolicies(yaml: yaml, file: "p.yaml", environment: [:]) { _ in throw NoSuchFile() }.edge
    }

    @Test func `The usual is short`() throws {
        let policy = try #require(
            try edge("- {host: App.example.com, path: /api/*, allow: [{groups: [admins]}]}").policies.first)
        #expect(policy.hosts == [.name("app.example.com")])
        #expect(policy.paths.map(\.parts) == [[.text("/api")], [.text("/api/"), .anything]])
        guard case .any(let rules) = policy.allow else { throw NoSuchFile() }
        #expect(rules.map(\.groups) == [["admins"]])
        #expect(policy.anonymous == .nobody)
    }

    @Test(
        arguments: [
            ("/a", [[.text("/a")]]), ("/a*", [[.text("/a"), .anything]]),
            ("/m/{id}:predict", [[.text("/m/"), .segment, .text(":predict")]]),
            ("/{**}/x", [[.text("/"), .anything, .text("/x")]]), ("*", []), ("/*", []),
        ] as [(String, [[Configuration.Edge.Policy.Path.Part]])])
    func `A path is taken apart`(path: String, parts: [[Configuration.Edge.Policy.Path.Part]]) throws {
        #expect(try edge("- {path: \"\(path)\", anonymous: true}").policies.first?.paths.map(\.parts) == parts)
    }

    @Test(arguments: [
        ("- {path: a, anonymous: true}", "p.yaml:1:10: [0].path: \"a\" does not begin with a slash; write /a"),
        (
            "- {path: /a/../b, anonymous: true}",
            "p.yaml:1:10: [0].path: \"/a/../b\" has a dot segment, which no request has when it is judged; resolve it"
        ),
        (
            "- {path: /a%2fb, anonymous: true}",
            "p.yaml:1:10: [0].path: paths with %2f are refused before any policy; see docs/edge/policies.md"
        ),
        (
            "- {host: \"https://a/\", anonymous: true}",
            "p.yaml:1:10: [0].host: \"https://a/\" is more than a host; write the host alone, and path beside it"
        ),
        (
            "- {allow: [{groups: []}]}",
            "p.yaml:1:21: [0].allow[0].groups: an empty list; write at least one value, or remove the key"
        ),
        ("- {allow: [{groups: }]}", "p.yaml:1:21: [0].allow[0].groups: empty; write a value, or remove the key"),
        ("- {allow: [{groups: \"\"}]}", "p.yaml:1:21: [0].allow[0].groups: empty; write a value, or remove the key"),
        ("- {allow: [{}]}", "p.yaml:1:12: [0].allow[0]: a rule that asks for nothing; write authenticated instead of the list"),
        ("- {allow: [{group: a}]}", "p.yaml:1:13: [0].allow[0].group: unknown key; did you mean groups?"),
        (
            "- {host: a}",
            "p.yaml:1:3: [0]: nobody is allowed; write allow with rules, allow: authenticated, anonymous: true, or deny: everybody"
        ),
        (
            "- {allow: [{emails: [\"*@x.org\"]}]}",
            "p.yaml:1:22: [0].allow[0].emails[0]: \"*@x.org\" has a *; write emailDomains: [x.org]"
        ),
    ]) func `What is wrong with a policy is said where it stands`(yaml: String, problem: String) {
        #expect(problems(policy: yaml) == [problem])
    }

    @Test func `Unknown keys of policies stop the start even where others are ignored`() {
        let yaml = minimal + "edge: {policies: [{allow: [{groups: a, isuers: b}]}]}\n"
        #expect(
            DexConfigurationTests.problems(yaml, options: LoadOptions(lenient: true)) == [
                "c.yaml:5:40: edge.policies[0].allow[0].isuers: unknown key; did you mean issuers?"
            ])
    }

    private func manifest(_ spec: String, kind: String = "AuthorizationPolicy", metadata: String = "name: p") -> String {
        "apiVersion: security.istio.io/v1\nkind: \(kind)\nmetadata: {\(metadata)}\nspec: \(spec)\n"
    }

    @Test(arguments: [
        ("{rule: []}", "4:8: spec.rule: unknown key; did you mean rules?"),
        (
            "{rules: [{from: [{source: {principles: [a]}}]}]}",
            "4:34: spec.rules[0].from[0].source.principles: unknown key; did you mean principals?"
        ),
        (
            "{rules: [{from: [{source: {}}]}]}",
            "4:33: spec.rules[0].from[0].source: an empty source; remove from for every source"
        ),
        ("{rules: [{from: []}]}", "4:23: spec.rules[0].from: an empty list; remove the key for every request"),
        (
            "{rules: [{from: [{source: {principals: []}}]}]}",
            "4:46: spec.rules[0].from[0].source.principals: an empty list is no condition; remove the key, or write values"
        ),
        (
            "{rules: [{to: [{operation: {ports: [80]}}]}]}",
            "4:43: spec.rules[0].to[0].operation.ports[0]: expected text, found a number; put it in quotes"
        ),
        (
            "{rules: [{to: [{operation: {ports: [\"http\"]}}]}]}",
            "4:43: spec.rules[0].to[0].operation.ports[0]: \"http\" is not a port"
        ),
        (
            "{rules: [{to: [{operation: {paths: [\"/a/{**}/{*}\"]}}]}]}",
            "4:43: spec.rules[0].to[0].operation.paths[0]: \"/a/{**}/{*}\" has a template behind {**}; {**} must be the last one"
        ),
        (
            "{rules: [{from: [{source: {ipBlocks: [\"10.0.0.0/33\"]}}]}]}",
            "4:45: spec.rules[0].from[0].source.ipBlocks[0]: \"10.0.0.0/33\" is not an address or a range; write for example 10.0.0.0/8 or 10.1.2.3"
        ),
        (
            "{rules: [{when: [{key: source.name, values: [a]}]}]}",
            "4:30: spec.rules[0].when[0].key: unknown key \"source.name\"; did you mean source.namespace?"
        ),
        (
            "{rules: [{when: [{key: \"experimental.envoy.filters.a[b]\", values: [a]}]}]}",
            "4:30: spec.rules[0].when[0].key: experimental.envoy.filters.a[b] is Envoy's own metadata, which the edge does not see; write request.auth.claims[...]"
        ),
        (
            "{rules: [{when: [{key: source.ip}]}]}",
            "4:24: spec.rules[0].when[0]: neither values nor notValues; write values: [...]"
        ),
        ("{action: DENY}", "4:7: spec: DENY without rules does nothing; write rules: [{}] for every request"),
        ("{action: Deny, rules: [{}]}", "4:16: spec.action: unknown action \"Deny\"; did you mean \"DENY\"?"),
        ("{action: CUSTOM, rules: [{}]}", "4:7: spec: CUSTOM without a provider; write provider: {name: dextra}"),
        (
            "{action: CUSTOM, provider: {name: x}, rules: [{from: [{source: {requestPrincipals: [a]}}]}]}",
            "4:90: spec.rules[0].from[0].source.requestPrincipals: not possible with CUSTOM, which comes before tokens are read"
        ),
        ("{provider: {name: x}}", "4:18: spec.provider: only CUSTOM takes a provider; remove it, or write action: CUSTOM"),
    ]) func `What is wrong with an AuthorizationPolicy is said where it stands`(spec: String, problem: String) {
        #expect(problems(policy: manifest(spec)) == ["p.yaml:" + problem])
    }

    @Test(arguments: [
        (
            "{jwtRules: [{jwksUri: \"https://a/keys\"}]}",
            "4:19: spec.jwtRules[0].issuer: missing; tokens of any issuer are not taken here"
        ),
        (
            "{jwtRules: [{issuer: a, jwks: \"{}\"}]}",
            "4:37: spec.jwtRules[0].jwks: not a JWK set; it is a mapping with a list keys"
        ),
        (
            "{jwtRules: [{issuer: a, fromHeader: []}]}",
            "4:31: spec.jwtRules[0].fromHeader: unknown key; did you mean fromHeaders?"
        ),
        (
            "{jwtRules: [{issuer: a, jwksUri: keys}]}",
            "4:40: spec.jwtRules[0].jwksUri: \"keys\" is not a URL of keys; it begins with https:// or http://"
        ),
    ]) func `What is wrong with a RequestAuthentication is said where it stands`(spec: String, problem: String) {
        #expect(problems(policy: manifest(spec, kind: "RequestAuthentication")) == ["p.yaml:" + problem])
    }

    @Test func `Other kinds and versions are refused`() {
        #expect(
            problems(policy: "apiVersion: v1\nkind: Service\nmetadata: {name: p}\nspec: {}\n") == [
                "p.yaml:1:13: apiVersion: \"v1\" is not read here; only security.istio.io/v1 and v1beta1",
                "p.yaml:2:7: kind: unknown kind \"Service\"; one of AuthorizationPolicy, RequestAuthentication",
            ])
    }

    @Test func `What a cluster adds to a manifest is no hindrance`() throws {
        let yaml = """
            apiVersion: v1
            kind: List
            items:
            - apiVersion: security.istio.io/v1
              kind: AuthorizationPolicy
              metadata: {name: p, namespace: a, uid: x, resourceVersion: "1", generation: 1, creationTimestamp: "x", labels: {a: b}}
              spec: {rules: [{}]}
              status: {}
            """
        #expect(try edge(yaml).policyFiles.first?.manifests.policies.map(\.name) == ["a/p"])
    }

    private var twoWorkloads: String {
        manifest("{selector: {matchLabels: {app: a}}, rules: [{}]}", metadata: "name: p, namespace: n") + "---\n"
            + manifest("{selector: {matchLabels: {app: b}}, rules: [{}]}", metadata: "name: q, namespace: n")
    }

    @Test func `Manifests for several workloads are refused until it is said which is meant`() throws {
        #expect(
            problems(policy: twoWorkloads) == [
                "p.yaml:6:1: this is for other workloads than the manifests before it; "
                    + "say which one is meant, in edge.policyFiles: {file: …, labels: {app: …}}"
            ])
        let yaml = minimal + "edge: {policyFiles: [{file: i.yaml, namespace: n, labels: {app: b, x: y}}]}\n"
        let edge = try #require(try load(yaml, files: ["i.yaml": twoWorkloads]).configuration.edge)
        #expect(edge.policyFiles.first?.manifests.policies.map(\.name) == ["n/q"])
    }

    @Test func `A problem in a policy file names that file`() {
        let yaml = minimal + "edge: {policyFiles: [i.yaml]}\n"
        #expect(
            DexConfigurationTests.problems(yaml, files: ["i.yaml": manifest("{rule: []}")]) == [
                "i.yaml:4:8: spec.rule: unknown key; did you mean rules?"
            ])
    }

    @Test func `Files for different workloads at the same hosts are refused`() {
        let one = manifest("{rules: [{}]}", metadata: "name: p, namespace: a")
        let two = manifest("{rules: [{}]}", metadata: "name: p, namespace: b")
        let yaml = minimal + "edge: {policyFiles: [one.yaml, two.yaml]}\n"
        #expect(
            DexConfigurationTests.problems(yaml, files: ["one.yaml": one, "two.yaml": two]) == [
                "c.yaml:5:32: edge.policyFiles[1]: this file is for another namespace than policyFiles[0]; "
                    + "write host with each, or namespace and labels of the workload that the edge protects"
            ])
    }

    @Test func `A RequestAuthentication's rule is read whole`() throws {
        let spec = """
            {jwtRules: [{issuer: i, audiences: [a], jwksUri: "https://i/keys", fromHeaders: [{name: X-T, prefix: "T "}], \
            fromParams: [t], fromCookies: [c], forwardOriginalToken: true, outputPayloadToHeader: X-P, \
            outputClaimToHeaders: [{header: X-E, claim: a.b}], spaceDelimitedClaims: [roles], timeout: 3s}]}
            """
        let manifests = try #require(try edge(manifest(spec, kind: "RequestAuthentication")).policyFiles.first?.manifests)
        #expect(
            manifests.authentications.first?.rules == [
                IstioManifests.JWTRule(
                    issuer: "i", audiences: ["a"], keys: .url("https://i/keys"),
                    locations: [.header("x-t", prefix: "T "), .query("t"), .cookie("c")], payloadHeader: "x-p",
                    claimHeaders: [IstioManifests.JWTRule.ClaimHeader(header: "x-e", claim: ["a", "b"])], keepsToken: true,
                    spaceDelimitedClaims: ["permission", "scope", "roles"])
            ])
    }
}
