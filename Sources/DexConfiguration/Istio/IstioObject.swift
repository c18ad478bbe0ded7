import Bytes

/// One manifest of a file.
struct IstioObject {
    enum Content {
        case authentication(IstioManifests.RequestAuthentication)
        case policy(IstioManifests.AuthorizationPolicy)
    }

    let content: Content
    /// Nil: whatever namespace it is applied to.
    let namespace: String?
    /// Nil: all workloads.
    let scope: IstioScope?
    let place: Located

    private enum Kind: String, CaseIterable {
        case authorizationPolicy = "AuthorizationPolicy"
        case requestAuthentication = "RequestAuthentication"
    }

    /// Of one document: a manifest, or a `List` of some.
    static func read(_ document: Located, _ loading: Loading) -> [IstioObject] {
        guard document["kind"]?.string == "List" else { return schema.read(document, loading).map { [$0] } ?? [] }
        let list = Schema<[IstioObject]>.mapping(isStrict: true) { keys in
            _ = keys("apiVersion", .anything)
            _ = keys("kind", .anything)
            _ = keys("metadata", .anything)
            return keys.required("items", .list(of: Schema<[IstioObject]> { read($0, $1) }))?.flatMap { $0 }
        }
        return list.read(document, loading) ?? []
    }

    private static var schema: Schema<IstioObject> {
        .mapping(isStrict: true) { keys in
            let version = keys.required("apiVersion", .text, hint: "write apiVersion: security.istio.io/v1")
            if let version, let place = keys["apiVersion"],
                !["security.istio.io/v1", "security.istio.io/v1beta1"].contains(version)
            {
                keys.loading.problem(
                    "\(quoted(version)) is not read here", hint: "only security.istio.io/v1 and v1beta1", at: place)
            }
            let kind = keys.required("kind", .word("kind", Kind.self))
            let metadata = keys.required("metadata", IstioMetadata.schema)
            // What a cluster adds to a manifest.
            _ = keys("status", .anything)
            switch kind {
            case nil:
                _ = keys("spec", .anything)
                return nil
            case .authorizationPolicy:
                let spec = keys("spec", IstioPolicySpec.schema(namespace: metadata?.namespace), default: IstioPolicySpec())
                guard let metadata else { return nil }
                let policy = IstioManifests.AuthorizationPolicy(
                    name: metadata.title, action: spec.action, rules: spec.rules, isDryRun: metadata.isDryRun)
                return Self(
                    content: .policy(policy), namespace: metadata.namespace, scope: spec.scope, place: keys.mapping)
            case .requestAuthentication:
                let spec = keys("spec", IstioAuthenticationSpec.schema, default: IstioAuthenticationSpec())
                guard let metadata else { return nil }
                return Self(
                    content: .authentication(
                        IstioManifests.RequestAuthentication(name: metadata.title, rules: spec.rules)),
                    namespace: metadata.namespace, scope: spec.scope, place: keys.mapping)
            }
        }
    }
}

/// What of Kubernetes' `ObjectMeta` matters here.
struct IstioMetadata {
    let name: String
    let namespace: String?
    let isDryRun: Bool

    var title: String { namespace.map { "\($0)/\(name)" } ?? name }

    static var schema: Schema<IstioMetadata> {
        .mapping(isStrict: true) { keys in
            let name = keys.required("name", .text)
            let namespace = keys("namespace", .text)
            let annotations = keys("annotations", .dictionary, default: [:])
            for name in [
                "labels", "creationTimestamp", "generation", "generateName", "managedFields", "ownerReferences",
                "resourceVersion", "selfLink", "uid", "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds",
            ] {
                _ = keys(name, .anything)
            }
            var isDryRun = false
            if let text = annotations["istio.io/dry-run"] {
                // Go's `ParseBool`; what it does not take is not a dry run for Istio.
                isDryRun = ["1", "t", "T", "true", "TRUE", "True"].contains(text)
                if !isDryRun, !["0", "f", "F", "false", "FALSE", "False"].contains(text), let place = keys["annotations"] {
                    keys.loading.problem("istio.io/dry-run: \(quoted(text)) is neither true nor false", at: place)
                }
            }
            return name.map { IstioMetadata(name: $0, namespace: namespace, isDryRun: isDryRun) }
        }
    }
}
