# An ordinary Flask application with the Python X-Ray SDK and its ECS plugin.
import os
import sys

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.ext.flask.middleware import XRayMiddleware
from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)
xray_recorder.configure(
    service="flask-app",
    daemon_address=os.environ["AWS_XRAY_DAEMON_ADDRESS"],
    plugins=("ECSPlugin",),
)
XRayMiddleware(app, xray_recorder)


@app.route("/")
def index():
    segment = xray_recorder.current_segment()
    segment.put_annotation("language", "python")
    return "from flask"


server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"listening on {server.port}")
sys.stdout.flush()
server.serve_forever()
