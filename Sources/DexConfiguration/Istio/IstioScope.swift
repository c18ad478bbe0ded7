import Bytes

/// For which workloads a manifest is meant.
enum IstioScope: Hashable {
    /// `selector.matchLabels`.
    case labels([ExactText: ExactText])
    /// `targetRefs`, as `kind/name`.
    case targets(Set<ExactText>)

    /// Reads `selector`, `targetRef` and `targetRefs` of a spec.
    static func read(_ keys: Keys) -> IstioScope? {
        let labels = keys("selector", .selector)
        let target = keys("targetRef", .targetRef)
        let targets = keys("targetRefs", .list(of: .targetRef))
        let written = ["selector", "targetRef", "targetRefs"].compactMap { keys[$0] }
        if written.count > 1 {
            keys.loading.problem("only one of selector and targetRefs can be there", at: written[1])
        }
        if let labels, !labels.isEmpty { return .labels(labels.mapValues(\.exact)) }
        let all = Set(((targets ?? []) + (target.map { [$0] } ?? [])).map(\.exact))
        return all.isEmpty ? nil : .targets(all)
    }

    /// The label by which Istio knows the workloads of a Gateway (Gateway API).
    private static let gatewayLabel: ExactText = "gateway.networking.k8s.io/gateway-name"

    /// Whether it is meant for a workload with these labels; nil: that cannot be told.
    func includes(_ workload: [ExactText: String]) -> Bool? {
        switch self {
        case .labels(let wanted): return wanted.allSatisfy { workload[$0.key]?.exact == $0.value }
        case .targets(let targets):
            guard targets.allSatisfy({ $0.text.startsWithBytes(of: "Gateway/") }) else { return nil }
            return workload[Self.gatewayLabel].map { targets.contains("Gateway/\($0)".exact) } ?? false
        }
    }
}

extension Schema<[ExactText: String]> {
    fileprivate static var selector: Schema {
        .mapping(isStrict: true) { keys in keys("matchLabels", .dictionary, default: [:]) }
    }
}

extension Schema<String> {
    /// `kind/name`.
    fileprivate static var targetRef: Schema {
        .mapping(isStrict: true) { keys in
            _ = keys("group", .text)
            _ = keys("namespace", .text)
            let kind = keys.required("kind", .text)
            let name = keys.required("name", .text)
            guard let kind, let name else { return nil }
            return "\(kind)/\(name)"
        }
    }
}
