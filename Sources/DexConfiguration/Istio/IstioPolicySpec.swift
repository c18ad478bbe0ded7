/// The `spec` of an AuthorizationPolicy. An empty one allows nothing.
struct IstioPolicySpec {
    typealias Action = IstioManifests.AuthorizationPolicy.Action
    typealias Rule = IstioManifests.AuthorizationPolicy.Rule

    var action = Action.allow
    var rules: [Rule] = []
    var scope: IstioScope?

    /// - Parameter namespace: the policy's own, for service accounts that are named without one.
    static func schema(namespace: String?) -> Schema<IstioPolicySpec> {
        .mapping(isStrict: true) { keys in
            let scope = IstioScope.read(keys)
            let action = keys("action", .word("action", Action.self), default: .allow)
            let provider = keys("provider", .provider)
            let rules = keys("rules", .list(of: Rule.schema(action, namespace: namespace ?? "default")), default: [])
            checkSense(action, keys, hasProvider: provider != nil)
            return IstioPolicySpec(action: action, rules: rules, scope: scope)
        }
    }

    private static func checkSense(_ action: Action, _ keys: Keys, hasProvider: Bool) {
        let hasRules = keys["rules"].map { !$0.elements.isEmpty } ?? false
        switch action {
        case .custom, .deny:
            if !hasRules {
                keys.problem("\(action.rawValue) without rules does nothing", hint: "write rules: [{}] for every request")
            }
            if action == .custom, !hasProvider, keys["provider"] == nil {
                keys.problem("CUSTOM without a provider", hint: "write provider: {name: dextra}")
            }
        case .allow, .audit: break
        }
        if action != .custom, let place = keys["provider"] {
            keys.loading.problem("only CUSTOM takes a provider", hint: "remove it, or write action: CUSTOM", at: place)
        }
    }
}

extension Schema<String> {
    fileprivate static var provider: Schema {
        .mapping(isStrict: true) { keys in keys.required("name", .text) }
    }
}

extension IstioManifests.AuthorizationPolicy.Rule {
    fileprivate static func schema(_ action: IstioManifests.AuthorizationPolicy.Action, namespace: String) -> Schema<Self> {
        .mapping(isStrict: true) { keys in
            let sources = keys("from", .nonEmptyList(of: .source(action, namespace)), default: [])
            let operations = keys("to", .nonEmptyList(of: .operation), default: [])
            let conditions = keys("when", .list(of: .condition(action, namespace)), default: [])
            return Self(
                sources: sources.enumerated().map { number, matches in matches.labelled("from[\(number)].source.") },
                operations: operations.enumerated().map { number, matches in matches.labelled("to[\(number)].operation.") },
                conditions: conditions.enumerated().flatMap { number, matches in matches.labelled("when[\(number)] ") })
        }
    }
}

extension Schema {
    fileprivate static func nonEmptyList<Element>(of element: Schema<Element>) -> Schema where Value == [Element] {
        Schema { place, loading in
            guard let list = Schema<[Element]>.list(of: element).read(place, loading) else { return nil }
            if place.elements.isEmpty { loading.problem("an empty list", hint: "remove the key for every request", at: place) }
            return list
        }
    }
}

extension [IstioManifests.Match] {
    fileprivate func labelled(_ prefix: String) -> [IstioManifests.Match] {
        map { match in
            var match = match
            match.label = prefix + match.label
            return match
        }
    }
}
