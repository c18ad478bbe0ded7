"""A model in KServe's own server: which iris has these four measures? Served as V1, V2 and gRPC.

    python model.py --http_port 8082 --grpc_port 8083
"""
import json, math, uuid

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

#: The mean sepal length, sepal width, petal length and petal width of each species, in cm (Fisher 1936).
MEANS = {"setosa": (5.01, 3.43, 1.46, 0.25), "versicolor": (5.94, 2.77, 4.26, 1.33), "virginica": (6.59, 2.97, 5.55, 2.03)}


def species(measures) -> str:
    return min(MEANS, key=lambda name: math.dist(MEANS[name], measures))


class Iris(Model):
    def __init__(self):
        super().__init__("iris")
        self.load()

    async def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, InferRequest):
            given = payload.inputs[0]
            found = [species(row) for row in given.as_numpy()]
            output = InferOutput(name="species", shape=[len(found)], datatype="BYTES", data=found)
            return InferResponse(response_id=payload.id or str(uuid.uuid4()), model_name=self.name, infer_outputs=[output])
        if payload.get("stream"):
            return self.stream(payload["instances"])
        # Whom the gateway says it is for.
        return {"predictions": [species(row) for row in payload["instances"]], "for": (headers or {}).get("kubeflow-userid")}

    async def stream(self, rows):
        """Server-sent events, one for each row, as soon as it is known."""
        for row in rows:
            yield f"data: {json.dumps({'prediction': species(row)})}\n\n"


if __name__ == "__main__":
    ModelServer().start([Iris()])
