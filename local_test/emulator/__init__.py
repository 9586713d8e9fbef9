"""One address that speaks AWS: SageMaker's endpoints over real instances of the image, and moto for what lies around.

`app.py` says which service a request is for; `control` keeps the resources; `hosting` runs endpoints over `instances`.
"""
